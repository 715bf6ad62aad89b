import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprompt.render import (
    PER_CODE,
    draw,
    draw_judgement,
    printable,
    tell_missing,
    tell_model,
)
from backprompt.strategy import Feedback
from critics.domain import find_domain
from critics.judge import judge
from critics.types import CriticResult, Diagnostic, Judgement, Location, Severity, Verdict
from tests.backprompt.golden import matches

TOLD = [Feedback.BINARY, Feedback.FIRST, Feedback.ALL, Feedback.EXPLAIN]

PRECONDITION = Diagnostic(
    code="pddl-precondition",
    headline="step 2 requires `(handempty)`, which is false before this step",
    at=Location(
        source="answer",
        line=2,
        column=1,
        end_column=12,
        text="(pick-up b)",
        step=2,
        label="requires `(handempty)`",
    ),
    also=(
        Location(
            source="answer",
            line=1,
            column=1,
            end_column=14,
            text="(unstack c b)",
            step=1,
            label="`(handempty)` became false here",
        ),
    ),
    notes=("step 1 is fine; step 3 was not checked",),
    help=("actions that make `(handempty)` true: `put-down`, `stack`",),
)
SHAPE = Diagnostic(
    code="schema-type",
    headline='`/slots/0/start` is "9am", not a whole number',
    at=Location(source="answer", pointer="/slots/0/start"),
    help=("write the hour as a number from 0 to 24",),
)
WART = Diagnostic(
    code="pddl-stray",
    headline="a `)` too many was left out",
    at=Location(source="problem", line=12, column=3, text="  )", end_column=4),
    severity=Severity.WARNING,
)
LATE = Diagnostic(
    code="critic-deadline",
    headline="the check did not finish within 10 s",
    notes=("Killed: worker 7",),
    severity=Severity.UNKNOWN,
)


def judgement(*found: Diagnostic, verdict: Verdict = Verdict.REJECTED) -> Judgement:
    critic = CriticResult(
        critic="executes", version="1", verdict=verdict, hard=True, findings=len(found), ms=1
    )
    return Judgement(
        domain="pddl",
        domain_version="3",
        verdict=verdict,
        candidate="(unstack c b)\n(pick-up b)",
        score=0.5,
        diagnostics=found,
        critics=(critic,),
    )


@pytest.mark.parametrize("feedback", TOLD)
def test_what_the_model_is_told(feedback: Feedback) -> None:
    told = tell_model(judgement(PRECONDITION, WART, SHAPE), feedback)
    assert matches(f"model_{feedback.value}", told)


def test_what_the_model_is_told_of_an_undecided_answer() -> None:
    told = tell_model(judgement(LATE, verdict=Verdict.UNKNOWN), Feedback.EXPLAIN)
    assert matches("model_unknown", told)


def test_what_the_model_is_told_of_a_repeated_answer() -> None:
    told = tell_model(judgement(SHAPE), Feedback.EXPLAIN, repeated=True)
    assert matches("model_repeated", told)


def test_what_the_model_is_told_of_a_response_without_answer() -> None:
    response = "x" * 500 + "\nI would ```stack``` them"
    assert matches("model_missing", tell_missing(response, "length", Feedback.FIRST))


def test_what_a_terminal_shows() -> None:
    drawn = draw_judgement(judgement(PRECONDITION, WART, SHAPE))
    assert matches("terminal_rejected", drawn)


def test_what_a_terminal_shows_of_the_undecided() -> None:
    drawn = draw_judgement(judgement(LATE, verdict=Verdict.UNKNOWN))
    assert matches("terminal_unknown", drawn)


BLOCKS = """(define (domain blocks) (:requirements :strips)
  (:predicates (clear ?x) (table ?x) (held ?x) (free))
  (:action lift :parameters (?x)
    :precondition (and (clear ?x) (table ?x) (free))
    :effect (and (held ?x) (not (clear ?x)) (not (table ?x)) (not (free)))))"""
TWO = """(define (problem two) (:domain blocks) (:objects a b)
  (:init (clear a) (table a) (clear b) (table b) (free)) (:goal (and (held a) (held b))))"""


def test_a_real_judgement_on_a_terminal_and_to_the_model() -> None:
    found = judge(find_domain("pddl"), {"domain": BLOCKS, "problem": TWO}, "(lift a)\n(lift b)")
    assert matches("terminal_pddl", draw_judgement(found))
    assert matches("model_pddl", tell_model(found, Feedback.EXPLAIN))


def test_no_feedback_says_nothing() -> None:
    assert tell_model(judgement(SHAPE), Feedback.NONE) == ""
    assert tell_missing("text", None, Feedback.NONE) == ""


def test_colour_changes_nothing_but_colour() -> None:
    plain, colored = (draw([PRECONDITION, LATE], color=color) for color in (False, True))
    assert colored != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def numbered(codes: list[int]) -> list[Diagnostic]:
    return [Diagnostic(code=f"c-{c}", headline=f"finding <{i}>") for i, c in enumerate(codes)]


@given(st.lists(st.integers(0, 40), max_size=80), st.sampled_from([Feedback.ALL, Feedback.EXPLAIN]))
def test_every_finding_is_told_exactly_once(codes: list[int], feedback: Feedback) -> None:
    found = numbered(codes)
    told = tell_model(judgement(*found), feedback)
    shown = [d for d in found if d.headline in told]
    counted = {code: int(n) for n, code in re.findall(r"and (\d+) more of `(c-\d+)`", told)}
    assert len(re.findall(r"finding <\d+>", told)) == len(shown)
    for code in {d.code for d in found}:
        of_code = [d for d in found if d.code == code]
        mine = [d for d in shown if d.code == code]
        assert len(mine) + counted.get(code, 0) == len(of_code)
        assert 1 <= len(mine) <= PER_CODE


@given(st.text(), st.sampled_from(TOLD))
def test_a_warning_is_never_told_to_the_model(text: str, feedback: Feedback) -> None:
    wart = WART.model_copy(update={"headline": f"wart {text}"})
    both = tell_model(judgement(PRECONDITION, wart), feedback)
    assert both == tell_model(judgement(PRECONDITION), feedback)


HOSTILE = st.text(st.characters(codec="utf-8", categories=None), max_size=40)


@given(HOSTILE, HOSTILE, st.integers(1, 60), st.integers(1, 60))
def test_a_terminal_is_never_sent_control_characters(
    text: str, label: str, start: int, end: int
) -> None:
    at = Location(
        source="answer", line=1, column=start, end_column=end, text=text, label=label, pointer=label
    )
    drawn = draw(
        [
            Diagnostic(code="x", headline=text, at=at, notes=(label,), help=(text,)),
            Diagnostic(code="y", headline=label, at=Location(source="problem", pointer=text)),
        ]
    )
    assert all(char.isprintable() or char == "\n" for char in drawn)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", "\\x1b[2J"), ("a\tb", "a b"), ("\u202e", "\\u202e"), ("é中 ✓", "é中 ✓")],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def failing(*names: str) -> Judgement:
    return judgement(
        *(
            Diagnostic(code="rule", headline=f"`{name}` does not hold", data={"constraint": name})
            for name in names
        )
    )


@pytest.mark.parametrize("feedback", [Feedback.ALL, Feedback.EXPLAIN, Feedback.CONSTRUCTIVE])
def test_what_changed_since_the_answer_before_is_told(feedback: Feedback) -> None:
    after = failing("even", "x1", "x2")
    told = tell_model(after, feedback, before=failing("low", "even", "ratio"))
    assert matches("model_changes", told)
    told = tell_model(after, feedback, before=after)
    assert "nothing is fixed; still failing: `even`, `x1`, `x2`." in told


def test_many_changes_are_counted() -> None:
    told = tell_model(failing("a"), Feedback.ALL, before=failing(*(f"r{n}" for n in range(12))))
    assert "fixed: `r0`, `r1`," in told
    assert "`r9` and 2 more; newly broken: `a`." in told


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        (None, failing("a"), {}),
        (failing("a"), judgement(PRECONDITION), {}),
        (judgement(PRECONDITION), failing("a"), {}),
        (failing("a"), failing("a"), {"repeated": True}),
        (failing("a"), judgement(LATE, verdict=Verdict.UNKNOWN), {}),
    ],
)
def test_what_cannot_be_compared_is_not(
    before: Judgement | None, after: Judgement, more: dict[str, bool]
) -> None:
    for feedback in Feedback:
        told = tell_model(after, feedback, before=before, **more)
        assert told == tell_model(after, feedback, **more)


@pytest.mark.parametrize("feedback", [Feedback.NONE, Feedback.BINARY, Feedback.FIRST])
def test_who_is_told_little_is_not_told_what_changed(feedback: Feedback) -> None:
    told = tell_model(failing("b"), feedback, before=failing("a"))
    assert told == tell_model(failing("b"), feedback)


def test_a_hint_follows_the_findings() -> None:
    hint = Diagnostic(
        code="toy-hint",
        headline="x = 3 and `even` cannot stand together",
        notes=("this conflict is minimal; other conflicts may remain",),
        severity=Severity.WARNING,
    )
    told = tell_model(failing("even"), Feedback.CONSTRUCTIVE, hints=(hint,))
    assert matches("model_hint", told)
