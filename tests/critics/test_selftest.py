from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from critics import CandidateError, Diagnostic, Domain, Example, Mutant, ProblemError, critic
from critics.domain import find_domain
from critics.selftest import JUNK, MAX_MUTANTS, Report, check_domain

pytestmark = pytest.mark.usefixtures("toys")


def check(**changed: Any) -> Report:
    return check_domain(replace(find_domain("toy"), **changed))


def check_example(**changed: Any) -> Report:
    return check(examples=[replace(find_domain("toy").examples[0], **changed)])


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(failure.example, failure.case, failure.why) for failure in report.failures]


def test_a_sound_domain_passes_and_everything_is_counted() -> None:
    report = check()
    assert report == Report(
        domain="toy",
        domain_version="1",
        examples=1,
        good=1,
        bad=3,
        responses=2,
        mutants=1,
        junk=len(JUNK),
    )
    assert report.passed


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"good": ["1,2"]}, ("three", "good", "it is rejected (`sort-numbers`)")),
        (
            {"bad": {"1,2": "sort-order"}},
            (
                "three",
                "bad",
                ("it must be rejected with `sort-order` and is rejected (`sort-numbers`)"),
            ),
        ),
        (
            {"bad": {"1,2,3": "sort-order"}},
            ("three", "bad", "it must be rejected with `sort-order` and is accepted"),
        ),
        (
            {"responses": {"a,b": ["a"]}},
            ("three", "response", "['a,b'] was extracted instead of ['a']"),
        ),
        (
            {"problem": {}},
            ("three", "declaration", "its problem: `/numbers` of the toy problem: Field required"),
        ),
        ({"good": []}, ("", "declaration", "no example has a good answer")),
        ({"bad": {}}, ("", "declaration", "no example has a bad answer")),
    ],
)
def test_a_wrong_example_fails(changed: dict, failure: tuple[str, str, str]) -> None:
    found = told(check_example(**changed))
    assert failure in [(name, case, why.partition(" got ")[0]) for name, case, why in found]


def fail(*_: object) -> Any:
    raise LookupError("a bug")


def refuse(*_: object) -> Any:
    raise ProblemError([Diagnostic(code="toy", headline="a lie")])


def mutants(rejected: bool, text: str) -> Callable[[Any, str], Any]:  # noqa: FBT001  # a shorthand
    return lambda _problem, _text: iter([Mutant(text, "changed", rejected=rejected)])


@critic(decides="nothing")
def lenient(_problem: Any, _answer: Any) -> Any:
    yield from ()


@critic(decides="nothing")
def fragile(_problem: Any, answer: list[int]) -> Any:
    yield Diagnostic(code="toy-new", headline=str(answer[99]))


TURN = count()


@critic(decides="nothing")
def fickle(_problem: Any, _answer: Any) -> Any:
    if next(TURN) % 2:
        yield Diagnostic(code="sort-order", headline="not today")


def parse_anything(_problem: Any, text: str) -> str:
    return text


def parse_deeply(problem: Any, text: str) -> Any:
    if text.startswith("("):
        return parse_deeply(problem, text[1:])
    raise CandidateError([Diagnostic(code="sort-format", headline="no list")])


@pytest.mark.parametrize(
    ("changed", "case", "why"),
    [
        ({"mutate": mutants(rejected=True, text="1,2,3")}, "mutant", "must be rejected and is acc"),
        ({"mutate": mutants(rejected=False, text="1,2,3")}, None, ""),
        ({"mutate": fail}, "mutant", "a bug"),
        ({"critics": [lenient], "parse": parse_anything}, "junk", "prose is accepted"),
        ({"critics": [lenient], "parse": parse_anything}, "junk", "nothing is accepted"),
        ({"parse": parse_deeply}, "junk", "it is unknown (`critic-crashed`)"),
        ({"critics": [fragile]}, "good", "it is unknown (`critic-crashed`)"),
        ({"critics": [fickle]}, "good", "judged twice, it is judged differently"),
        ({"codes": {}}, "declaration", "code `sort-order` is in use and not explained in `codes`"),
        ({"extract": fail}, "junk", "a bug"),
        ({"prompt": fail}, "prompt", "a bug"),
        ({"prompt": lambda _: ""}, "prompt", "empty"),
        ({"answer_format": ""}, "prompt", "empty"),
        ({"answer_schema": lambda _: {"x": float("nan")}}, "prompt", "answer schema"),
        ({"load": refuse}, "declaration", "a lie"),
        ({"load": fail}, "declaration", "a bug"),
        ({"parse": refuse}, "declaration", "a lie"),
        ({"examples": []}, "declaration", "no example has a good answer"),
        ({"examples": [Example("a", {}), Example("a", {})]}, "declaration", "the same name"),
    ],
)
def test_a_domain_that_breaks_a_promise_fails(changed: dict, case: str | None, why: str) -> None:
    found = told(check(**changed))
    if case is None:
        assert not found
    else:
        assert any(found_case == case and why in reason for _, found_case, reason in found)


def test_a_kernel_code_cannot_be_taken() -> None:
    domain = find_domain("toy")
    report = check(codes={**domain.codes, "critic-crashed": domain.codes["sort-order"]})
    assert told(report) == [("", "declaration", "code `critic-crashed` is the kernel's own")]


def test_mutants_without_end_are_cut_off() -> None:
    report = check(mutate=lambda *_: (Mutant("", "again", rejected=True) for _ in count()))
    assert (report.mutants, report.passed) == (MAX_MUTANTS, True)


def test_junk_that_an_example_declares_good_may_be_accepted() -> None:
    domain = find_domain("toy")
    example = Example("none", {"numbers": []}, good=[""], bad={"1": "sort-numbers"})

    def parse(problem: Any, text: str) -> Any:
        return domain.parse(problem, text) if text.strip() else []

    assert check(parse=parse, examples=[example], mutate=mutants(rejected=False, text="1")).passed
    silent = replace(example, good=["1,"])
    assert isinstance(domain, Domain)
    assert not check(parse=parse, examples=[silent]).passed
