"""The domain `countdown`: critics, solver and extraction."""

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics import ProblemError, Verdict, judge
from critics.puzzles.countdown import (
    decide_feasible,
    domain,
    give_opinion,
    hint,
    solve,
)
from critics.puzzles.countdown_problem import CountdownProblem
from critics.puzzles.countdown_search import Search
from critics.selftest import check_domain
from critics.types import Feasible, HintLevel

CLASSIC = {"numbers": [4, 9, 10, 13], "target": 24}


def extracted(response: str, **problem: object) -> list[str]:
    payload = CountdownProblem.model_validate({**CLASSIC, **problem})
    return list(domain.extract(domain.load(payload), response))


def test_the_domain_keeps_its_promises() -> None:
    assert check_domain(domain).failures == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("(13 - 9) * (10 - 4)", ()),
        ("(13 - 9) * (10 - 4) = 24", ()),
        ("(13 - 9) * (10 - 4) = 4 * 6 = 24", ()),
        ("(13 - 9) * (10 - 4) = 25", ("countdown-equality",)),
        ("(13 - 9) * (10 - 4) = 4 * 5 = 24", ("countdown-equality",)),
        ("(13 - 9) * (10 - 4) / 1", ("countdown-numbers",)),
        ("(13 - 9) * (10 - 4) + 4 - 4", ("countdown-numbers",)),
        ("13 + 10 + 1", ("countdown-numbers",)),
        ("24", ("countdown-numbers",)),
        ("(13 - 9) * 10 - 4", ("countdown-value",)),
        ("4 / (13 - 9 - 4) * 10", ("countdown-numbers", "countdown-division-by-zero")),
        ("(13 - 9) * (10 - 4) = 24 / 0", ("countdown-division-by-zero",)),
        ("(13 - 9) ** (10 - 4)", ("countdown-syntax",)),
        ("13 - 9 = 4, 10 - 4 = 6", ("countdown-syntax",)),
    ],
)
def test_each_rule_has_its_code(text: str, codes: tuple[str, ...]) -> None:
    assert judge(domain, CLASSIC, text).codes == codes


def test_any_of_the_numbers_may_do() -> None:
    some = {"numbers": [25, 50, 3, 3], "target": 75, "use_all": False}
    for text, codes in (
        ("25 + 50", ()),
        ("25 * 3", ()),
        ("25 * 3 * 3 / 3", ("countdown-numbers",)),
        ("25 + 25 + 25", ("countdown-numbers",)),
    ):
        assert judge(domain, some, text).codes == codes


def test_only_the_allowed_operators_are() -> None:
    adding = {"numbers": [8, 3], "target": 24, "operators": ["+"]}
    assert judge(domain, adding, "8 * 3").codes == ("countdown-operator",)
    assert decide_feasible(CountdownProblem.model_validate(adding)).status is Feasible.INFEASIBLE


@pytest.mark.parametrize(
    "problem",
    [
        {"numbers": []},
        {"numbers": [1.5]},
        {"numbers": ["1/0"]},
        {"numbers": ["one"]},
        {"numbers": ["1e9"]},
        {"numbers": [True]},
        {"numbers": [10**30]},
        {"numbers": [1] * 51},
        {"numbers": [1], "operators": ["^"]},
        {"numbers": [1], "operators": []},
        {"numbers": [1], "other": 1},
    ],
)
def test_a_wrong_problem_is_refused(problem: dict) -> None:
    with pytest.raises(ProblemError):
        judge(domain, problem, "1")


def single_faults(text: str, target: Fraction) -> Iterator[tuple[str, str]]:
    """Change one thing in a solution over all numbers."""
    for place, sign in enumerate(text):
        if sign.isdigit() and not text[place - 1 : place].isdigit():
            yield f"{text[:place]}1{text[place:]}", "countdown-numbers"
        if sign in "+-*/":
            yield f"{text[:place]}^{text[place + 1 :]}", "countdown-syntax"
            yield f"{text[:place]}{text[place + 1 :]}", "countdown-syntax"
            yield f"{text[:place]}{sign}0{sign}{text[place + 1 :]}", "countdown-numbers"
        if sign in "()":
            yield f"{text[:place]}{text[place + 1 :]}", "countdown-syntax"
    yield f"{text} = {target + 1}", "countdown-equality"
    yield f"{text} + ", "countdown-syntax"
    yield f"({text}) / (1 - 1)", "countdown-division-by-zero"
    yield f"({text}) * 1", "countdown-numbers"


def test_single_faults_are_rejected_with_their_code() -> None:
    chance = random.Random(7)  # noqa: S311  # repeatable, not secret
    tried = 0
    while tried < 600:
        numbers = [chance.randint(2, 13) for _ in range(4)]
        problem = {"numbers": numbers, "target": 24}
        text = solve(CountdownProblem.model_validate(problem)).answer
        if text is None:
            continue
        assert judge(domain, problem, text).verdict is Verdict.ACCEPTED
        for wrong, code in single_faults(text, Fraction(24)):
            judgement = judge(domain, problem, wrong)
            assert judgement.verdict is Verdict.REJECTED
            assert code in judgement.codes, (text, wrong)
            tried += 1


def all_values(numbers: tuple[int, ...]) -> set[Fraction]:
    """Compute every value of every expression over all numbers, the plain way."""
    if len(numbers) == 1:
        return {Fraction(numbers[0])}
    found = set()
    for order in set(permutations(numbers)):
        for cut in range(1, len(order)):
            for left, right in product(all_values(order[:cut]), all_values(order[cut:])):
                found |= {left + right, left - right, left * right}
                found |= {left / right} if right else set()
    return found


@settings(max_examples=25, deadline=None)
@given(numbers=st.lists(st.integers(-2, 6), min_size=1, max_size=4), target=st.integers(-6, 30))
def test_the_search_finds_exactly_what_there_is(numbers: list[int], target: int) -> None:
    problem = {"numbers": numbers, "target": target}
    found = solve(CountdownProblem.model_validate(problem)).answer
    assert (found is not None) is (Fraction(target) in all_values(tuple(numbers)))
    if found is not None:
        assert judge(domain, problem, found).verdict is Verdict.ACCEPTED


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 25), min_size=1, max_size=6),
    target=st.integers(0, 99),
    operators=st.sets(st.sampled_from("+-*/"), min_size=1),
    use_all=st.booleans(),
)
def test_what_the_search_finds_is_accepted_by_both(
    numbers: list[int],
    target: int,
    operators: set[str],
    use_all: bool,  # noqa: FBT001  # hypothesis passes it by name
) -> None:
    payload = {
        "numbers": numbers,
        "target": target,
        "operators": sorted(operators),
        "use_all": use_all,
    }
    problem = CountdownProblem.model_validate(payload)
    found = solve(problem).answer
    feasible = decide_feasible(problem).status
    assert feasible is (Feasible.INFEASIBLE if found is None else Feasible.FEASIBLE)
    if found is not None:
        assert judge(domain, payload, found).verdict is Verdict.ACCEPTED
        assert give_opinion(problem, found).verdict is Verdict.ACCEPTED


@given(st.text("0123456789+-*/()= .", max_size=20))
def test_two_opinions_never_contradict_each_other(text: str) -> None:
    opinion = give_opinion(CountdownProblem.model_validate(CLASSIC), text)
    own = judge(domain, CLASSIC, text).verdict
    assert opinion.verdict in (own, Verdict.UNKNOWN)


def test_the_famous_ones() -> None:
    for numbers, target, there_is_one in (
        ((3, 3, 8, 8), 24, True),
        ((1, 5, 5, 5), 24, True),
        ((1, 1, 1, 1), 24, False),
        ((0, 0, 0, 7), 0, True),
        ((25, 50, 75, 100, 3, 6), 952, True),
        (("1/3", "1/3"), "1/9", True),
    ):
        problem = {"numbers": list(numbers), "target": target}
        assert (solve(CountdownProblem.model_validate(problem)).answer is not None) is there_is_one


@pytest.mark.parametrize("use_all", [True, False])
def test_what_cannot_be_searched_is_unknown(
    use_all: bool,  # noqa: FBT001  # pytest passes it by name
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    brief = partial(Search, max_steps=20_000)
    monkeypatch.setattr("critics.puzzles.countdown.Search", brief)
    payload = {"numbers": list(range(2, 42)), "target": 10**20 + 1, "use_all": use_all}
    many = CountdownProblem.model_validate(payload)
    assert decide_feasible(many).status is Feasible.UNKNOWN
    assert solve(many).answer is None


def test_hints_are_told_by_level() -> None:
    problem = CountdownProblem.model_validate(CLASSIC)
    assert hint(problem, "1", HintLevel.CORE) == ()
    (step,) = hint(problem, "1", HintLevel.PLACES)
    assert step.headline.endswith("contains 10 - 4")
    (whole,) = hint(problem, "1", HintLevel.VALUES)
    assert whole.data["origin"] == "solver_repair"
    assert judge(domain, CLASSIC, whole.data["answer"]).verdict is Verdict.ACCEPTED


RIGHT = "(13 - 9) * (10 - 4) = 24"


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ("**Answer:** (13 - 9) × (10 − 4) = 24", [RIGHT]),  # noqa: RUF001  # as models write
        ("$$(13-9)\\times(10-4)=24$$", ["(13-9)*(10-4)=24"]),
        ("24 = (13-9)*(10-4).", ["(13-9)*(10-4) = 24"]),
        ("1. 13 - 9 = 4\n2. 10 - 4 = 6\n3. 4 * 6 = 24\nDone.", [RIGHT]),
        ("First, (13-9) = 4. Then (10-4)=6. Finally, 4 x 6 = 24.", [RIGHT]),
        ("13 - 9 = 4 (left: 4 4 10)\n10 - 4 = 6 (left: 4 6)\n4 * 6 = 24 (left: 24)", [RIGHT]),
        ("13 - 9 = 5\n10 - 4 = 6\n5 * 6 = 24", [RIGHT]),
        ("no: 13+10+9+4=36. yes: (10-4)*(13-9).", ["13+10+9+4=36", "(10-4)*(13-9)"]),
        ("`10-4*9-13`", ["10-4*9-13"]),
        ("\\boxed{(13-9)\\cdot(10-4)}", ["(13-9)*(10-4)"]),
        ("\\frac{13-9}{1} * (10-4)", ["((13-9)/(1)) * (10-4)"]),
        ("<think>13+9+10+4</think>There is no solution.", []),
        ("On 2024-11-22 at 10:30", []),
        ("", []),
    ],
)
def test_expressions_are_found_as_models_write_them(response: str, found: list[str]) -> None:
    assert extracted(response) == found


def test_a_wrong_step_is_not_made_right() -> None:
    (found,) = extracted("13 - 9 = 3\n10 - 4 = 6\n3 * 6 = 18\n")
    assert judge(domain, CLASSIC, found).codes == ("countdown-equality",)


def test_a_lone_number_is_found_where_it_may_be_the_answer() -> None:
    assert extracted("The answer:\n24\n", numbers=[24, 1], use_all=False) == ["24"]


@given(st.text())
def test_extraction_takes_anything(response: str) -> None:
    assert all(extracted(response))


@pytest.mark.parametrize("sign", ["(", "1", "1 ", "1+", "1-1=", "\\frac{1}{1}", "[1/", "- "])
def test_long_junk_is_read_in_time(sign: str) -> None:
    assert len(extracted(sign * 30_000)) <= 20


def test_the_prompt_tells_the_rules() -> None:
    problem = {"numbers": [1, "1/3"], "target": 3, "operators": ["/"], "use_all": False}
    told = domain.prompt(domain.load(CountdownProblem.model_validate(problem)))
    assert "Numbers: 1, [1/3]" in told
    assert "each at most once" in told
    assert json.loads(json.dumps(domain.answer_format)) == domain.answer_format
