from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics import CandidateError, Critic, Diagnostic, Domain, Problem, ProblemError, Undecided
from critics.judge import BELOW_ONE, Demand, Mode, judge, read_problem, spell_out, weigh
from critics.types import Assurance, Coverage, Judgement, KernelError, Opinion, Severity, Verdict

ERROR, UNKNOWN, WARNING = Severity.ERROR, Severity.UNKNOWN, Severity.WARNING


class Nothing(Problem):
    """A problem without fields."""


class Number(Problem):
    """A problem with a field."""

    number: int


class Loose(Problem):
    """A problem that takes anything."""

    value: Any


def finding(severity: Severity = ERROR, code: str = "a-code") -> Diagnostic:
    return Diagnostic(code=code, headline="a fact", severity=severity)


def yielding(*found: Any) -> Callable[..., Iterator[Any]]:
    return lambda _problem, _candidate: iter(found)


def raising(error: Exception) -> Callable[..., Any]:
    def check(*_: object) -> Iterator[Diagnostic]:
        yield from ()
        raise error

    return check


def fail(error: Exception) -> Callable[..., Any]:
    def work(*_: object) -> Any:
        raise error

    return work


def critic(check: Callable[..., Any], *, hard: bool = True, name: str = "a-critic") -> Critic:
    return Critic(name, check, "a part", hard=hard, sound=hard)


def make(*critics: Critic, **parts: Any) -> Domain:
    made = Domain(
        name="made",
        version="1",
        summary="",
        problem=Nothing,
        parse=lambda _problem, text: text,
        critics=critics or [critic(yielding())],
        prompt=str,
        answer_format="",
    )
    return replace(made, **parts)


def judged(verdict: Verdict) -> Judgement:
    return Judgement(
        domain="made",
        domain_version="1",
        verdict=verdict,
        candidate="text",
        score=1.0 if verdict is Verdict.ACCEPTED else 0.5,
    )


CHECKS = st.sampled_from(
    [
        (yielding(), Verdict.ACCEPTED),
        (yielding(finding(WARNING)), Verdict.ACCEPTED),
        (yielding(finding(ERROR)), Verdict.REJECTED),
        (yielding(finding(UNKNOWN)), Verdict.UNKNOWN),
        (yielding(finding(UNKNOWN), finding(ERROR)), Verdict.REJECTED),
        (yielding("prose"), Verdict.UNKNOWN),
        (yielding(None), Verdict.UNKNOWN),
        (lambda _problem, _candidate: None, Verdict.UNKNOWN),
        (raising(Undecided([finding(ERROR)])), Verdict.UNKNOWN),
        (raising(Undecided([])), Verdict.UNKNOWN),
        (raising(Undecided([finding(WARNING)])), Verdict.UNKNOWN),
        (raising(CandidateError([finding(WARNING)])), Verdict.REJECTED),
        (raising(KernelError([finding(WARNING)])), Verdict.UNKNOWN),
        (raising(MemoryError()), Verdict.UNKNOWN),
        (raising(RecursionError()), Verdict.UNKNOWN),
        (raising(AssertionError()), Verdict.UNKNOWN),
    ]
)


@given(
    hard=st.lists(CHECKS, min_size=1, max_size=4),
    soft=st.lists(CHECKS, max_size=2),
    covered=st.booleans(),
)
def test_accepted_means_that_every_hard_critic_finished_and_was_silent(
    *, hard: list[tuple[Any, Verdict]], soft: list[tuple[Any, Verdict]], covered: bool
) -> None:
    critics = [critic(check) for check, _ in hard] + [critic(c, hard=False) for c, _ in soft]
    coverage = Coverage(undecided=() if covered else ("preferences",))
    judgement = judge(make(*critics, coverage=lambda _: coverage), {}, "text")
    verdicts = {verdict for _, verdict in hard}
    if not covered:
        expected = Verdict.UNKNOWN
    elif Verdict.REJECTED in verdicts:
        expected = Verdict.REJECTED
    else:
        expected = Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.ACCEPTED
    assert judgement.verdict is expected
    assert (judgement.score == 1) == (expected is Verdict.ACCEPTED)
    assert expected is Verdict.ACCEPTED or judgement.codes
    assert Judgement.model_validate_json(judgement.model_dump_json()) == judgement


PARSES = [
    (CandidateError([finding()]), Verdict.REJECTED, "a-code"),
    (CandidateError([finding(WARNING)]), Verdict.REJECTED, "a-code"),
    (CandidateError([]), Verdict.UNKNOWN, "critic-crashed"),
    (Undecided([finding()]), Verdict.UNKNOWN, "a-code"),
    (ValueError("a bug"), Verdict.UNKNOWN, "critic-crashed"),
    (MemoryError(), Verdict.UNKNOWN, "critic-memory"),
]


@pytest.mark.parametrize(("error", "verdict", "code"), PARSES)
def test_what_cannot_be_parsed_is_never_accepted(
    error: Exception, verdict: Verdict, code: str
) -> None:
    judgement = judge(make(parse=fail(error)), {}, "text")
    assert (judgement.verdict, judgement.codes, judgement.score) == (verdict, (code,), 0)
    assert [result.critic for result in judgement.critics] == ["syntax"]


@pytest.mark.parametrize("part", ["load", "coverage", "warnings"])
@pytest.mark.parametrize("error", [ValueError("a bug"), Undecided([finding()])])
def test_a_problem_that_cannot_be_read_is_unknown(part: str, error: Exception) -> None:
    judgement = judge(make(**{part: fail(error)}), {}, "text")
    assert (judgement.verdict, judgement.score) == (Verdict.UNKNOWN, 0)
    assert judgement.diagnostics[0].severity is UNKNOWN


def test_the_users_errors_are_raised() -> None:
    with pytest.raises(ProblemError, match="a fact"):
        judge(make(load=fail(ProblemError([finding()]))), {}, "text")
    with pytest.raises(ProblemError, match="number"):
        judge(make(problem=Number), {}, "text")


@pytest.mark.parametrize(
    "payload",
    [
        {"number": "x"},
        {"number": 1, "numbers": 2},
        {"number": float("nan")},
        {"number": "\ud800"},
        {"number": {1}},
        {},
        [],
        None,
    ],
)
def test_a_payload_that_does_not_fit_is_refused_with_its_place(payload: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        read_problem(make(problem=Number), payload)
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.code == "problem-invalid"
        diagnostic.model_dump_json()


@pytest.mark.parametrize("value", [float("nan"), -float("inf"), "\ud800", {1}, object()])
def test_a_payload_that_is_no_plain_json_is_refused_whatever_the_schema(value: Any) -> None:
    with pytest.raises(ProblemError, match="plain JSON"):
        judge(make(problem=Loose), {"value": [{"deep": value}]}, "text")


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0.5, 0.5),
        (2.0, BELOW_ONE),
        (1, BELOW_ONE),
        (-1, 0),
        (float("nan"), 0),
        (float("inf"), BELOW_ONE),
        ("x", 0),
        (None, 0),
    ],
)
def test_a_score_below_1_is_kept_in_its_range(score: Any, expected: float) -> None:
    domain = make(critic(yielding(finding())), score=lambda *_: score)
    assert judge(domain, {}, "text").score == expected


def test_who_brings_a_critic_down_gets_no_score() -> None:
    domain = make(critic(yielding(finding())), critic(raising(MemoryError())))
    assert judge(domain, {}, "text").score == 0


def test_after_the_first_objection_the_others_may_be_spared() -> None:
    domain = make(
        critic(yielding(finding()), hard=False, name="soft"),
        critic(yielding(), name="silent"),
        critic(yielding(finding()), name="one"),
        critic(yielding(finding()), name="two"),
    )

    def ran(mode: Mode) -> list[str]:
        return [result.critic for result in judge(domain, {}, "text", mode=mode).critics]

    assert ran(Mode.ALL) == ["syntax", "soft", "silent", "one", "two"]
    assert ran(Mode.FIRST_FAILURE) == ["syntax", "soft", "silent", "one"]


def test_warnings_of_a_problem_are_recorded_and_change_nothing() -> None:
    judgement = judge(make(warnings=lambda _: [finding(ERROR, "wart")]), {}, "text")
    assert judgement.verdict is Verdict.ACCEPTED
    assert [(d.code, d.severity) for d in judgement.diagnostics] == [("wart", WARNING)]
    assert judgement.codes == ()


def test_a_text_over_the_cap_is_rejected_unread() -> None:
    domain = make(parse=fail(AssertionError()), max_candidate_chars=3)
    judgement = judge(domain, {}, "four")
    assert (judgement.verdict, judgement.codes) == (Verdict.REJECTED, ("candidate-too-large",))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_judged_and_can_be_written_down(text: str) -> None:
    judgement = judge(make(), {}, text)
    surrogates = any("\ud800" <= char <= "\udfff" for char in text)
    expected = Verdict.REJECTED if surrogates else Verdict.ACCEPTED
    assert judgement.verdict is expected
    assert Judgement.model_validate_json(judgement.model_dump_json()) == judgement
    if not surrogates:
        assert judgement.candidate == spell_out(text) == text


A, R, U = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNKNOWN
SHORT, CONTRADICTED = "assurance-not-reached", "opinions-disagree"


@pytest.mark.parametrize(
    ("own", "other", "demand", "verdict", "assurance", "codes"),
    [
        (A, A, Demand.AUTO, A, Assurance.CROSS, ()),
        (R, R, Demand.AUTO, R, Assurance.CROSS, ()),
        (A, A, Demand.CROSS, A, Assurance.CROSS, ()),
        (A, A, Demand.PROOF, U, Assurance.CROSS, (SHORT,)),
        (A, R, Demand.AUTO, U, Assurance.SINGLE, (CONTRADICTED,)),
        (A, R, Demand.SINGLE, U, Assurance.SINGLE, (CONTRADICTED,)),
        (R, A, Demand.AUTO, U, Assurance.SINGLE, (CONTRADICTED,)),
        (A, U, Demand.AUTO, A, Assurance.SINGLE, ()),
        (A, U, Demand.CROSS, U, Assurance.SINGLE, (SHORT,)),
        (A, None, Demand.AUTO, A, Assurance.SINGLE, ()),
        (A, None, Demand.SINGLE, A, Assurance.SINGLE, ()),
        (A, None, Demand.CROSS, U, Assurance.SINGLE, (SHORT,)),
        (A, None, Demand.PROOF, U, Assurance.SINGLE, (SHORT,)),
        (U, A, Demand.AUTO, U, Assurance.SINGLE, ()),
        (U, U, Demand.CROSS, U, Assurance.SINGLE, ()),
    ],
)
def test_an_opinion_is_weighed(  # noqa: PLR0917  # a table
    own: Verdict,
    other: Verdict | None,
    demand: Demand,
    verdict: Verdict,
    assurance: Assurance,
    codes: tuple[str, ...],
) -> None:
    judgement = judged(own)
    opinion = None if other is None else Opinion(engine="e", verdict=other, reason="so")
    told = weigh(judgement, opinion, demand)
    assert (told.verdict, told.assurance, told.codes) == (verdict, assurance, codes)
    assert told.opinions == (() if opinion is None else (opinion,))
    assert all(d.notes for d in told.diagnostics)


def test_what_is_decided_is_listed() -> None:
    domain = make(critic(yielding()), critic(yielding(), hard=False))
    assert judge(domain, {}, "").coverage == Coverage(decided=("a part",))
    own = Coverage(decided=("all",), undecided=("time",))
    assert judge(make(coverage=lambda _: own), {}, "").coverage == own


OPINIONS = st.none() | st.builds(Opinion, engine=st.just("e"), verdict=st.sampled_from(Verdict))


@given(
    st.sampled_from(Verdict), st.lists(OPINIONS, min_size=1, max_size=3), st.sampled_from(Demand)
)
def test_opinions_can_take_a_verdict_away_but_never_give_one(
    verdict: Verdict, opinions: list[Opinion | None], demand: Demand
) -> None:
    judgement = judged(verdict)
    for opinion in opinions:
        judgement = weigh(judgement, opinion, demand)
    assert judgement.verdict in (verdict, Verdict.UNKNOWN)
    if judgement.verdict is not verdict:
        assert judgement.score < 1
        assert judgement.diagnostics[0].severity is UNKNOWN
    if judgement.verdict is Verdict.ACCEPTED:
        told = {opinion.verdict for opinion in opinions if opinion}
        assert Verdict.REJECTED not in told
        assert demand is not Demand.PROOF
    if judgement.assurance is Assurance.CROSS:
        assert verdict in {opinion.verdict for opinion in opinions if opinion}
