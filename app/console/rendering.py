"""Rendering: templates, and the words and marks they use.

Invariants:
    * Every template escapes what it is given; nothing but our own drawings is markup.
    * Text of a model shows no control character and turns no line around: what it does to a
      terminal or to the order of letters is taken out of it.
"""

import json
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.console.drawings import draw_scores, draw_tree
from app.engine import model_of
from app.security.principal import caller
from backprompt.budget import Budget, Usage
from backprompt.events import (
    Decided,
    Event,
    FeasibilityTested,
    Hinted,
    Preferred,
    SolverFinished,
    SolverStarted,
)
from backprompt.evolve.events import AnswerMeasured, IslandsReset
from backprompt.strategy import Strategy
from backprompt.tree.events import PathFound
from critics.types import Judgement, Location, Severity

SHOWN_CHARS = 20_000
"""So much of a response stands in a page; all of it is one link away."""
MOST_LINES = 600
PAGES = (
    ("/console/runs", "Runs"),
    ("/console/try", "Try it"),
    ("/console/certificate", "Certificates"),
    ("/console/domains", "Domains"),
    ("/console/bench", "Bench"),
)
KEPT = frozenset("\n\t")
BOX = "\N{WHITE SQUARE}"
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that are shown as a mark: controls, formats such as bidi overrides."""


class Marked(NamedTuple):
    """A line of an answer, with the part of it that a critic objects to."""

    before: str
    marked: str = ""
    after: str = ""
    says: str = ""
    kind: str = ""


@cache
def templates() -> Environment:
    """Load the templates once."""
    found = Environment(
        loader=PackageLoader("app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"version": version("llm-modulo"), "pages": PAGES, "caller": caller}
    found.filters |= {
        "shown": show_text,
        "prose": show_prose,
        "clip": clip,
        "number": show_number,
        "seconds": show_seconds,
        "money": show_money,
        "meters": list_meters,
        "marked": mark_lines,
        "scores": lambda scores: draw_scores(scores) or "",
        "told": tell_event,
        "tree": lambda story: draw_tree(story.tried, story.path) or "",
        "settings": show_strategy,
        "spelled": lambda payload: json.dumps(payload or {}, ensure_ascii=False, indent=1),
        "model": model_of,
    }
    return found


class Fragment(str):
    """What a template of ours has written: it is escaped already, and stands where it is put."""

    __slots__ = ()

    def __html__(self) -> str:
        """Stand in another template as it is."""
        return str(self)


def render(name: str, **given: Any) -> Fragment:
    """Fill a template."""
    return Fragment(templates().get_template(name).render(**given))


def show_text(text: object) -> str:
    """Show text without what is no letter: controls and turned lines become a visible mark."""
    return "".join(
        letter
        if letter in KEPT or unicodedata.category(letter) not in HIDDEN
        else "\N{WHITE SQUARE}"
        for letter in str(text).replace("\r\n", "\n")
    )


def show_prose(text: object) -> Markup:
    """Show a sentence; what stands between backticks is shown as code."""
    parts = show_text(text).split("`")
    if len(parts) % 2 == 0:  # one of them has no partner
        return escape("`".join(parts))
    shown = (
        Markup("<code>{}</code>") if place % 2 else Markup("{}") for place in range(len(parts))
    )
    return Markup().join(mark.format(part) for mark, part in zip(shown, parts, strict=True))


def clip(text: str) -> str:
    """Cut a long text, and say so."""
    if len(text) <= SHOWN_CHARS:
        return text
    return f"{text[:SHOWN_CHARS]}\n(cut here: {len(text) - SHOWN_CHARS:,} more characters)"


def show_number(value: float | None) -> str:
    """Show a number with its thousands apart."""
    if value is None:
        return "–"  # noqa: RUF001  # a dash for nothing
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def show_seconds(value: float) -> str:
    """Show seconds as a person says them."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 60 else f"{int(value) // 60} min {int(value) % 60} s"  # noqa: PLR2004  # a minute


def show_money(value: float) -> str:
    """Show US dollars."""
    return f"${value:,.4f}" if 0 < value < 0.01 else f"${value:,.2f}"  # noqa: PLR2004  # a cent


def list_meters(budget: Budget, spent: Usage) -> Iterator[tuple[str, float, float | None, str]]:
    """List what is spent of what is allowed."""
    yield "Rounds", spent.rounds, budget.rounds, ""
    yield "Seconds", round(spent.seconds, 1), budget.seconds, "s"
    yield "Tokens", spent.tokens, budget.tokens, ""
    yield "Cost, USD", round(spent.cost_usd, 4), budget.cost_usd, ""


def mark_lines(text: str, judgement: Judgement | None) -> list[Marked]:
    """Mark in an answer what its critics object to, line by line."""
    lines = [Marked(line) for line in clip(text).split("\n")[:MOST_LINES]]
    for place, kind in _places(judgement):
        number = (place.line or 0) - 1
        if 0 <= number < len(lines) and not lines[number].kind:
            lines[number] = _mark(lines[number].before, place, kind)
    return lines


def _places(judgement: Judgement | None) -> Iterator[tuple[Location, str]]:
    for finding in judgement.diagnostics if judgement else ():
        if finding.severity is Severity.WARNING:
            continue
        if finding.at is not None and finding.at.source == "answer":
            yield finding.at.model_copy(update={"label": finding.headline}), "wrong"
        for place in finding.also:
            if place.source == "answer":
                yield place, "cause"


def _mark(line: str, place: Location, kind: str) -> Marked:
    start = min((place.column or 1) - 1, len(line))
    end = min(place.end_column - 1, len(line)) if place.end_column else len(line)
    return Marked(line[:start], line[start:end], line[end:], place.label or "", kind)


def tell_event(event: Event) -> str:
    """Say in a sentence what else happened in a round."""
    told = event.event.replace("-", " ")
    match event:
        case Decided():
            told = f"decided: {event.decision} ({event.why})".replace("-", " ")
        case Hinted():
            said = "; ".join(finding.headline for finding in event.findings[:3])
            told = f"hint ({event.level}): {said}"
        case FeasibilityTested():
            tested = event.feasibility
            told = f"feasibility: {tested.status.value}, assurance {tested.assurance.value}"
        case SolverStarted():
            told = f"a solver was started ({event.mode})"
        case SolverFinished():
            said = "found an answer" if event.answered else f"found none: {event.reason or ''}"
            told = f"the solver {event.engine} {said}"
        case PathFound():
            told = (
                f"the search found a path of {event.depth} moves, {event.growth.nodes} states tried"
            )
        case AnswerMeasured():
            kept = "" if event.island is None else f", kept on island {event.island}"
            value = "no value" if event.value is None else f"the value {event.value}"
            told = f"candidate {event.candidate} has {value}{kept}{', the best' * event.best}"
        case IslandsReset():
            begun = ", ".join(map(str, event.islands))
            told = f"islands begin again with the best of the others: {begun}"
        case Preferred():
            told = f"candidate {event.candidate} was chosen among {len(event.scores)} certified"
    return show_text(told)


def show_strategy(strategy: Strategy) -> str:
    """Show a strategy as it is sent."""
    return json.dumps(strategy.model_dump(mode="json"), indent=2)
