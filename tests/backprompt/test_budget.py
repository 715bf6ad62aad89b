import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backprompt.budget import Budget, Usage

COUNTS = st.integers(0, 10_000)
USAGES = st.builds(
    Usage,
    rounds=COUNTS,
    calls=COUNTS,
    candidates=COUNTS,
    prompt_tokens=COUNTS,
    completion_tokens=COUNTS,
    reasoning_tokens=COUNTS,
    estimated_tokens=COUNTS,
    cost_usd=st.integers(0, 64).map(float),
    seconds=st.integers(0, 64).map(float),
)


@given(USAGES, USAGES, USAGES)
def test_adding_usages_is_a_sum_and_the_clock_only_advances(a: Usage, b: Usage, c: Usage) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Usage() == a
    assert (a + b).tokens == a.tokens + b.tokens
    assert (a + b).seconds == max(a.seconds, b.seconds)


@pytest.mark.parametrize(
    ("budget", "usage", "spent"),
    [
        (Budget(rounds=2), Usage(rounds=1), None),
        (Budget(rounds=2), Usage(rounds=2), "rounds"),
        (Budget(candidates=1), Usage(candidates=1), "candidates"),
        (Budget(seconds=5), Usage(seconds=5), "seconds"),
        (Budget(tokens=5), Usage(prompt_tokens=2, completion_tokens=3), "tokens"),
        (Budget(tokens=5), Usage(prompt_tokens=2, completion_tokens=2), None),
        (Budget(cost_usd=0.5), Usage(cost_usd=0.75), "cost_usd"),
        (Budget(), Usage(calls=9, candidates=9, prompt_tokens=10**9, cost_usd=1e6), None),
    ],
)
def test_a_budget_names_what_is_spent(budget: Budget, usage: Usage, spent: str | None) -> None:
    assert budget.exhausted(usage) == spent


def test_what_is_left_is_never_negative() -> None:
    budget = Budget(seconds=5, tokens=5, cost_usd=5)
    over = Usage(seconds=9, prompt_tokens=9, cost_usd=9)
    assert (budget.seconds_left(over), budget.tokens_left(over), budget.cost_left(over)) == (0,) * 3
    assert Budget().tokens_left(over) is None
    assert Budget().cost_left(over) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"rounds": 0},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"tokens": 0},
        {"cost_usd": -1},
        {"cost_usd": float("nan")},
        {"minutes": 3},
    ],
)
def test_a_senseless_budget_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Budget(**wrong)
