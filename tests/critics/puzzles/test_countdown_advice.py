"""Hints on expressions are true, and whatever fits the answer's schema is one candidate."""

import json
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from critics.puzzles import countdown
from critics.puzzles.countdown import domain
from critics.puzzles.countdown_problem import CountdownProblem, load
from critics.puzzles.countdown_search import Search
from critics.puzzles.expressions import combine, evaluate, read_answer
from critics.types import HintLevel

THREES = CountdownProblem.model_validate({"numbers": [3, 3, 8, 8], "target": 24})


def test_a_step_that_leads_nowhere_is_named():
    (found,) = countdown.hint(THREES, "(8 - 3) * (8 - 3)", HintLevel.CORE)
    assert found.headline == "no expression with `8 - 3` as a step reaches the target"


def test_a_step_that_can_be_kept_is_named_one_level_later():
    text = "(8 / 3) * (8 - 3)"
    (core,) = countdown.hint(THREES, text, HintLevel.CORE)
    (more,) = countdown.hint(THREES, text, HintLevel.COUNT)
    assert core.data == {"dead": ["`8 - 3`"], "kept": []}
    assert more.data == {"dead": ["`8 - 3`"], "kept": ["`8 / 3`"]}


def test_a_solution_of_one_step_is_not_given_away_early():
    pair = CountdownProblem.model_validate({"numbers": [20, 4], "target": 24})
    for level in (HintLevel.CORE, HintLevel.COUNT, HintLevel.PLACES):
        assert not any("20 + 4" in each.headline for each in countdown.hint(pair, "1", level))
    assert countdown.hint(pair, "nonsense (", HintLevel.PLACES) == ()


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.integers(1, 13), min_size=3, max_size=4),
    sign=st.sampled_from("+-*/"),
    use_all=st.booleans(),
)
def test_what_is_said_of_a_step_is_true(numbers, sign, use_all):
    problem = CountdownProblem.model_validate({"numbers": numbers, "use_all": use_all})
    game = load(problem)
    left, right, *rest = game.numbers
    text = f"{numbers[0]} {sign} {numbers[1]}"
    after = [*rest, combine(sign, left, right)]
    lives = Search(after, game.operators).find(Fraction(24), use_all=use_all) is not None
    for found in countdown.hint(problem, text, HintLevel.COUNT):
        assert found.data["dead"] == ([] if lives else [f"`{text}`"])
        assert found.data["kept"] == ([f"`{text}`"] if lives and use_all else [])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), use_all=st.booleans(), size=st.integers(1, 5))
def test_what_fits_the_schema_is_one_candidate(data, use_all, size):
    numbers = [3, "1/3", -2, "0.5", 8][:size]
    problem = CountdownProblem.model_validate({"numbers": numbers, "use_all": use_all})
    game = load(problem)
    schema = countdown.write_answer_schema(game)
    pattern = schema["properties"]["expression"]["pattern"]
    text = data.draw(st.from_regex(pattern, fullmatch=True)).strip()
    assert list(domain.extract(game, json.dumps({"expression": text}))) == [text]
    expression = read_answer(text).expression
    assert set(expression.literals) <= set(game.numbers)
    assert not use_all or len(expression.literals) == size


def test_every_solution_has_a_shape_of_the_schema():
    found = countdown.solve(THREES).answer
    assert evaluate(read_answer(found).expression.tokens) == 24
    many = CountdownProblem.model_validate({"numbers": list(range(1, 9))})
    assert "pattern" not in countdown.write_answer_schema(load(many))["properties"]["expression"]
