"""Guesses fit the grammar they are drawn from, and depend on nothing but their seed."""

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.bench.guesses import NO_GRAMMAR, RandomUpstream, guess
from app.bench.patterns import draw_text
from backprompt.upstream import Message, Request, Sampling, UpstreamError
from critics.domain import find_domain, installed

PATTERNS = [
    "^[0-2][0-9]:[0-5][0-9]$",
    r"^\d{2,4}-\w+$",
    "^(?:yes|no)$",
    "^a{3}b?c*$",
    "^[^a-z]x+$",
    r"^\(pick-up (a|b)\)$",
]
WITH_SCHEMA = sorted(
    name for name in installed() if find_domain(name).answer_schema and find_domain(name).examples
)


def ask(schema, *, seed: int = 1, call: int = 0, prompt: str = "?") -> Request:
    return Request(
        messages=(Message(role="user", content=prompt),),
        sampling=Sampling(seed=seed),
        timeout_s=1,
        call=call,
        answer_schema=schema,
    )


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match_their_pattern(pattern: str) -> None:
    draw = random.Random(3)  # noqa: S311  # test data
    for _ in range(200):
        assert re.fullmatch(pattern, draw_text(pattern, draw))


@given(st.text(max_size=30), st.integers())
def test_any_pattern_is_read_to_an_end(pattern: str, seed: int) -> None:
    assert isinstance(draw_text(pattern, random.Random(seed)), str)  # noqa: S311  # test data


@pytest.mark.parametrize("name", WITH_SCHEMA)
def test_guesses_are_answers_of_the_domains_grammar(name: str) -> None:
    domain = find_domain(name)
    draw = random.Random(5)  # noqa: S311  # test data
    for example in domain.examples[:2]:
        instance = domain.load(domain.problem.model_validate(example.problem))
        schema = domain.answer_schema(instance)
        validator = Draft202012Validator(schema)
        for _ in range(20):
            drawn = guess(schema, draw)
            if name != "json-schema":  # any schema of a user's; keywords we do not know miss
                assert list(validator.iter_errors(drawn)) == []


async def test_a_guess_depends_on_its_seed_and_call_alone() -> None:
    schema = {"type": "integer", "minimum": 0, "maximum": 10**9}
    upstream = RandomUpstream()
    first = await upstream.generate(ask(schema))
    assert (await upstream.generate(ask(schema, prompt="something else"))).text == first.text
    others = [
        await upstream.generate(ask(schema, call=1)),
        await upstream.generate(ask(schema, seed=2)),
    ]
    assert first.text not in {other.text for other in others}


async def test_guesses_are_spread_over_the_grammar() -> None:
    schema = {"enum": ["a", "b", "c"]}
    upstream = RandomUpstream()
    drawn = [(await upstream.generate(ask(schema, call=n))).text for n in range(300)]
    assert {json.loads(text) for text in drawn} == {"a", "b", "c"}
    assert all(60 < drawn.count(text) < 140 for text in set(drawn))


async def test_a_guess_is_counted_as_an_estimate() -> None:
    made = await RandomUpstream().generate(ask({"const": 1}))
    assert made.usage.tokens == made.usage.estimated_tokens > 0


async def test_nothing_is_guessed_where_no_grammar_is_declared() -> None:
    with pytest.raises(UpstreamError) as caught:
        await RandomUpstream().generate(ask(None))
    assert caught.value.code == NO_GRAMMAR
    assert caught.value.usage.calls == 0
