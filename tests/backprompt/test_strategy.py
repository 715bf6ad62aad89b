import pytest
from pydantic import ValidationError

from backprompt.strategy import HOTTEST, Strategy
from backprompt.upstream import Sampling


def test_several_answers_a_round_need_a_parallel_search() -> None:
    with pytest.raises(ValidationError, match="parallel"):
        Strategy(n=2)
    assert Strategy(search="parallel", n=2).n == 2


@pytest.mark.parametrize(
    ("strategy", "turns"),
    [
        (Strategy(), 1),
        (Strategy(history="last_k", k=4), 4),
        (Strategy(history="full"), None),
        (Strategy(history="full", feedback="none"), 0),
    ],
)
def test_how_many_answers_a_prompt_repeats(strategy: Strategy, turns: int | None) -> None:
    assert strategy.turns == turns


@pytest.mark.parametrize(
    ("before", "after"), [(None, None), (0.0, 0.4), (0.7, 1.1), (1.2, HOTTEST), (1.8, 1.8)]
)
def test_a_restart_is_warmer_and_never_cooler(before: float | None, after: float | None) -> None:
    varied = Strategy().vary(Sampling(temperature=before, seed=4))
    assert (varied.temperature, varied.seed) == (after, 4)


def test_variety_is_required_only_where_the_same_question_is_put_twice() -> None:
    Strategy().require_variety(Sampling(temperature=0))
    Strategy(feedback="none").require_variety(Sampling())
    with pytest.raises(ValueError, match="temperature"):
        Strategy(feedback="none").require_variety(Sampling(temperature=0))
