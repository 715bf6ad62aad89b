"""Finding the plans in a model's response.

Outside the trusted part: what is found is judged, and what the user receives is the text that
was judged. All plans that the author presents are found, none is made up from parts: lines that
belong to one plan stay together, a step that is wrong stays in, and what is thought aloud,
quoted from the problem or said of the plan is left out.

A response is read line by line. Lines with steps form a plan until something ends it: a fence
or a marker such as `[PLAN]`, a list that starts again at 1, a change of notation, or a sentence
that announces another plan. A sentence that goes on ("Next, …") does not end it.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from critics.pddl.json_steps import read_json
from critics.pddl.lines import Kind, Line, Names, Step, Style, read_line, split_words
from critics.pddl.task import Task

EMPTY_PLAN = "; empty plan"
"""The canonical text of the plan without steps; only a response that names it is read so."""

MAX_CANDIDATES = 8
MAX_RESPONSE_CHARS = 2_000_000
MAX_RESPONSE_LINES = 200_000
"""A larger response is not searched, nor cut: a part of it could hold a part of a plan."""
MAX_LENIENT_CHARS = 200_000
"""Longer responses are not searched for plans in sentences."""
MAX_GAP_CHARS = 300


class Place(IntEnum):
    """Where a plan stands; the more explicitly it is set apart, the likelier it is meant."""

    PROSE = 0
    FENCE = 1
    MARKED = 2


@dataclass(slots=True)
class Section:
    """Lines between two fences or markers."""

    place: Place
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """Steps that belong together, while they are collected."""

    place: Place
    style: Style
    steps: list[Step] = field(default_factory=list)
    known: bool = False
    number: int | None = None
    indent: int = 0
    section: int = 0
    gap: deque[str] = field(default_factory=lambda: deque(maxlen=6))
    """What was said since the last step."""
    before: list[Step] = field(default_factory=list)
    """Steps that stand apart before it; the text does not say whether it goes on with them."""
    skipped: list[Step] = field(default_factory=list)
    """Items of the same list since the last step that tell no step; a later item keeps them."""
    blank: bool = False

    def release(self) -> list[Step]:
        """Give the steps so far away, to what may go on with them."""
        steps, self.before = self.before, []
        steps.extend(self.steps)
        return steps

    @property
    def text(self) -> str:
        """The canonical text: one step a line."""
        return "\n".join(f"({' '.join(step)})" for step in self.steps)


_MARK = r"[ _-]?(?:plan|answer|solution)[ _-]?"
_MARKER = re.compile(
    rf"[\[<]\s?(?P<close>/|end[ _-](?:of[ _-])?)?(?:query|final|the|my)?{_MARK}"
    r"(?P<end>end)?(?:start|begin)?\s?[\]>]",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\b(?:empty (?:plan|sequence|list)|plan is (?:the )?empty"
    r"|no (?:actions?|steps?) (?:is|are) (?:needed|required|necessary))\b"
    r"|[\[<]plan[\]>]\s*[\[<](?:/plan|plan[ _]end)[\]>]",
    re.IGNORECASE,
)
_THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|scratchpad)>", re.IGNORECASE)
_FENCE = re.compile(r"\s*(?:```|~~~)(?P<rest>[^`]*)$")
_SHAPES = str.maketrans(
    {
        "\uff08": "(",
        "\uff09": ")",
        "\u3010": "[",
        "\u3011": "]",
        "\u201c": '"',
        "\u201d": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u2192": "->",
        "\u21d2": "=>",
        "\u2022": "*",
        "\u00b7": "*",
        "\u25cf": "*",
        "\u2026": "...",
    }
)
"""Typographic signs to what a keyboard has."""

_QUOTED = re.compile(
    r"\s*\(\s*(?:define\s*\(\s*(?:domain|problem)\b|:(?:action\s+\S+\s*$|init|goal|objects|types"
    r"|predicates|constants|functions|requirements|domain|derived|metric|precondition|effect)\b)",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\b(?:alternativ\w*|instead|corrected|revised|incorrect|wrong|mistakes?|attempts?|another"
    r"|wait|however|options?|start(?:ing)? over|redo|fix(?: (?:it|this|that)|ed)|invalid|not valid"
    r"|fails?|optimi[sz]ed|improved|(?:better|shorter|new|final|updated) (?:\w+ )?(?:plan|version)"
    r"|version|doesn't work|does not work|in pddl|all together)\b"
)
"""What announces another plan."""

_ONWARD = re.compile(
    r"\b(?:next (?:steps?|part|phase|actions?)|rest of|remaining|continu\w+|phase|stage|part|then"
    r"|subgoal)\b"
)
"""What goes on with a plan, even if it is called by that name."""

_ANNOUNCED = re.compile(r"\b(?:plan|solution|answer|sequence|pddl|summary|list of)\b")
_WENT_ON = re.compile(r"\b(?:next|after\w*|now|finally|first|second|third|last\w*|steps?)\b")


def extract(task: Task, response: str) -> Sequence[str]:
    """Find every plan in a response.

    Args:
        task: The problem's instance.
        response: What the model wrote.

    Returns:
        Canonical texts, likeliest first, without duplicates, at most eight.
    """
    arities = {name: len(action.parameters) for name, action in task.actions.items()}
    unsupported = dict.fromkeys(task.unsupported_actions, -1)
    facts = frozenset(task.vocabulary.predicates)
    return extract_plans(Names(unsupported | arities, frozenset(task.objects), facts), response)


def extract_plans(names: Names, response: str) -> Sequence[str]:
    """Find every plan in a response, given only the problem's names."""
    if len(response) > MAX_RESPONSE_CHARS or response.count("\n") > MAX_RESPONSE_LINES:
        return []
    answer = _drop_thoughts(response.translate(_SHAPES))
    sections = _split_sections(answer)
    plans = _find_plans(sections, names, lenient=False)
    if not any(plan.known for plan in plans) and len(answer) <= MAX_LENIENT_CHARS:
        plans = _find_plans(sections, names, lenient=True)
    plans.sort(key=lambda plan: (plan.known, plan.place, plan.section), reverse=True)
    if plans and plans[0].known:
        plans = [plan for plan in plans if plan.known]
    if not plans and _EMPTY.search(answer):
        return [EMPTY_PLAN]
    return list(dict.fromkeys(plan.text for plan in plans))[:MAX_CANDIDATES]


def _drop_thoughts(text: str) -> str:
    """Leave out what stands between thinking tags; an unclosed thought has no answer after it."""
    kept: list[str] = []
    place, thinking = 0, False
    for tag in _THOUGHT.finditer(text):
        if tag[1]:
            if not thinking:
                kept.clear()
            thinking = False
        else:
            if not thinking:
                kept.append(text[place : tag.start()])
            thinking = True
        place = tag.end()
    if not thinking:
        kept.append(text[place:])
    return "".join(kept)


def _split_sections(text: str) -> list[Section]:
    """Cut a response at fences and markers."""
    sections = [Section(Place.PROSE)]
    fenced = False
    for raw in text.splitlines():
        fence = _FENCE.match(raw)
        rest = raw
        if fence:
            fenced = not fenced
            sections.append(Section(Place.FENCE if fenced else Place.PROSE))
            rest = fence["rest"] if "(" in fence["rest"] else ""
        elif fenced and rest.rstrip().endswith("```"):
            fenced = False
            sections[-1].lines.append(rest.rstrip().rstrip("`"))
            sections.append(Section(Place.PROSE))
            continue
        place = 0
        for mark in _MARKER.finditer(rest):
            sections[-1].lines.append(rest[place : mark.start()])
            closes = mark["close"] or mark["end"]
            sections.append(Section(Place.PROSE if closes else Place.MARKED))
            place = mark.end()
        sections[-1].lines.append(rest[place:])
    return sections


def _find_plans(sections: list[Section], names: Names, *, lenient: bool) -> list[Draft]:
    found = _collect(sections, names, lenient=lenient)
    return [plan for plan in found if _is_plan(plan, names)]


def _collect(sections: list[Section], names: Names, *, lenient: bool) -> Iterator[Draft]:
    """Group the lines with steps into plans."""
    current: Draft | None = None
    for index, section in enumerate(sections):
        listed = read_json("\n".join(section.lines), names)
        if listed:
            yield Draft(section.place, Style.PARENTHESES, listed, known=True, section=index)
            continue
        for line in _read_lines(section.lines, names, lenient=lenient):
            told = line.style is Style.TOLD and not (lenient or _follows(current, line))
            if told or line.kind is not Kind.STEPS or _describes(current, line, names):
                _pass_by(current, line)
            elif current is None or not _explains(current, line):
                joins = current is not None and _joins(current, line, index)
                if current is not None and joins is False:
                    yield from _readings(current)
                if current is None or not joins:
                    following = Draft(section.place, line.style)
                    if current is not None and joins is None:
                        following.before = current.release()
                        yield current
                    current = following
                _append(current, line, index)
    if current is not None:
        yield from _readings(current)


def _readings(plan: Draft) -> Iterator[Draft]:
    """Give a plan, and as another reading the one it may be the end of."""
    yield plan
    if plan.before:
        steps = [*plan.before, *plan.steps]
        yield Draft(Place.PROSE, plan.style, steps, plan.known, section=plan.section)


def _append(plan: Draft, line: Line, section: int) -> None:
    if plan.skipped and _follows(plan, line):
        plan.steps.extend(plan.skipped)
    plan.steps.extend(line.steps)
    plan.known = plan.known or line.known
    plan.number = line.number
    plan.indent = line.indent
    plan.section = section
    plan.blank = False
    plan.gap.clear()
    plan.skipped.clear()


def _follows(plan: Draft | None, line: Line) -> bool:
    """Say whether a line has the next number of a plan's list."""
    if plan is None or plan.number is None or line.number is None:
        return False
    return line.number == plan.number + len(plan.skipped) + 1


def _pass_by(plan: Draft | None, line: Line) -> None:
    if plan is None:
        return
    if line.kind is Kind.BLANK:
        plan.blank = True
        return
    if _follows(plan, line):
        words = split_words(line.text[:MAX_GAP_CHARS])
        if words:
            plan.skipped.append(words)
    plan.gap.append(line.text[:MAX_GAP_CHARS])
    if line.number is not None and line.number > 1:
        plan.gap.append("then")


def _describes(plan: Draft | None, line: Line, names: Names) -> bool:
    """Say whether a line states facts or schemas, and touches no plan."""
    facts = all(names.is_fact(step[0]) for step in line.steps)
    schema = any(part.startswith("?") for step in line.steps for part in step)
    return (facts or schema) and (plan is None or bool(plan.gap) or plan.blank)


def _explains(plan: Draft, line: Line) -> bool:
    """Say whether a line only explains the step above it: an indented point below a number."""
    below = plan.number is not None and line.number is None and line.indent > plan.indent
    plain = line.style is not Style.PARENTHESES or not line.known
    return below and plain and line.bulleted and bool(plan.steps) and line.steps[0] != ("...",)


def _joins(plan: Draft, line: Line, section: int) -> bool | None:
    """Say whether a line goes on with the plan before it; `None` if the text does not say."""
    apart = plan.section != section
    said = " ".join(plan.gap).lower()
    if line.number is not None and plan.number is not None and line.number != plan.number:
        if _follows(plan, line):
            return True
        if line.number <= 1:
            return bool(_ONWARD.search(said)) and not _ANEW.search(said)
    if not plan.gap and not apart:
        return plan.known or not plan.blank
    if plan.style is not line.style or plan.known is not line.known:
        return False
    goes_on = _goes_on(said)
    if goes_on is None and line.steps[0] == plan.steps[0]:
        return False
    return True if goes_on is None and not apart else goes_on


def _goes_on(said: str) -> bool | None:
    """Say whether a sentence goes on with a plan or announces another; `None` for neither."""
    if _ANEW.search(said):
        return False
    if _ONWARD.search(said):
        return True
    if _ANNOUNCED.search(said):
        return False
    return True if _WENT_ON.search(said) else None


def _is_plan(plan: Draft, names: Names) -> bool:
    """Say whether steps are a plan: one names an action, or all take the problem's objects."""
    if plan.known:
        return True
    return all(
        not names.is_fact(step[0]) and len(step) > 1 and all(o in names.objects for o in step[1:])
        for step in plan.steps
    )


def _read_lines(lines: list[str], names: Names, *, lenient: bool) -> Iterator[Line]:
    """Read lines one by one, past quoted parts of the problem."""
    place = failures = 0
    while place < len(lines):
        if failures < MAX_CANDIDATES and _QUOTED.match(lines[place]):
            end = _end_of_quote(lines, place)
            yield Line(Kind.PROSE, "")
            failures += end is None
            place = end or place + 1
            continue
        yield read_line(lines[place], names, lenient=lenient)
        place += 1


def _end_of_quote(lines: list[str], start: int) -> int | None:
    """Find the line after a balanced expression; `None` if it never ends."""
    depth = 0
    for place in range(start, len(lines)):
        depth += lines[place].count("(") - lines[place].count(")")
        if depth <= 0:
            return place + 1
    return None
