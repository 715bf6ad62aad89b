"""A tree over verified prefixes: what it finds, what it says of it, and what it costs."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.budget import Budget, Usage
from backprompt.events import Origin, Status
from backprompt.upstream import Sampling, UpstreamError
from critics.rollout import Child, Expanded, ExpandQuestion, Searched, Unanswered, untried
from tests.backprompt.tree.forest import (
    GAME,
    completion,
    grow_tree,
    options,
    prefer,
    refuse,
)

GOOD = ("take", "put")


def sensible(move: str) -> float:
    return 8.0 if move.startswith(tuple(f"({name}" for name in GOOD)) else 1.0


async def test_the_free_search_answers_without_a_call():
    grown = await grow_tree()
    assert grown.outcome.status is Status.CERTIFIED
    assert grown.outcome.origin is Origin.SEARCH
    assert grown.outcome.usage.calls == grown.outcome.usage.tokens == 0
    assert not grown.requests
    assert grown.provenances[0]["search"]["free_nodes"] > 0


async def test_a_guided_tree_says_what_the_model_contributed():
    grown = await grow_tree(prefer(sensible), free=False, width=2, estimate="goals")
    assert grown.outcome.status is Status.CERTIFIED
    assert grown.outcome.origin is Origin.MODEL_GUIDED_SEARCH
    (path,) = grown.events("path-found")
    assert path.growth.model_calls == grown.outcome.usage.calls == len(grown.requests) > 0
    assert path.growth.nodes == len(grown.events("node-expanded")) + 1 or path.growth.nodes > 0
    assert path.growth.prior_bits is not None
    assert path.growth.uniform_nodes_median > 0
    assert grown.provenances[0]["origin"] == "model_guided_search"
    assert grown.provenances[0]["search"] == path.growth.model_dump()


async def test_a_prior_that_knows_has_bits_and_needs_fewer_states_than_one_that_misleads():
    right = set()
    first = await grow_tree(estimate="none")
    right.update(first.events("tree-searched")[0].moves)

    def known(move):
        return 50.0 if move in right else 1.0

    alone = {"free": False, "width": 1, "estimate": "none", "budget": Budget(rounds=200)}
    wise = await grow_tree(prefer(known), **alone)
    fool = await grow_tree(prefer(lambda move: 1 / known(move)), **alone)
    wise_growth = wise.events("path-found")[0].growth
    assert wise_growth.prior_bits > 0
    fool_nodes = [path.growth.nodes for path in fool.events("path-found")] or [200]
    assert wise_growth.nodes < fool_nodes[0]


async def test_letters_are_asked_in_two_orders_with_probabilities():
    grown = await grow_tree(prefer(sensible), free=False, width=1)
    one, other = grown.requests[:2]
    assert (one.top_logprobs, one.sampling.max_tokens) == (20, 1)
    assert list(options(one).values()) == list(options(other).values())[::-1]
    assert one.answer_schema is None
    first = grown.events("node-expanded")[0]
    assert first.prior == "letters"
    assert sum(choice.prior for choice in first.choices) == pytest.approx(1)


@pytest.mark.parametrize("status", [400, 403])
async def test_a_model_that_refuses_probabilities_is_asked_for_samples(status):
    grown = await grow_tree(lambda request: refuse(request, status), free=False, width=1, samples=3)
    changed = grown.events("prior-changed")[0]
    assert (changed.to, changed.why) == ("samples", "refused")
    assert grown.outcome.status is Status.CERTIFIED
    named = [request for request in grown.requests if request.top_logprobs is None]
    assert all(request.answer_schema["properties"]["move"]["enum"] for request in named)
    assert next(event.prior for event in grown.events("node-expanded")) == "samples"


async def test_probabilities_that_are_absent_or_of_other_tokens_lead_one_step_down():
    other = await grow_tree(
        lambda request: completion(request, "The", {"The": 0.9, "A": 0.1}), free=False, width=1
    )
    downs = [(event.to.value, event.why) for event in other.events("prior-changed")]
    assert downs == [("samples", "absent"), ("ranked", "absent"), ("uniform", "absent")]
    assert other.outcome.status is Status.CERTIFIED


async def test_a_ranked_list_is_read():
    grown = await grow_tree(
        lambda request: completion(request, ", ".join(sorted(options(request), reverse=True))),
        free=False,
        width=1,
        prior="ranked",
    )
    first = grown.events("node-expanded")[0]
    assert first.prior == "ranked"
    assert first.choices[-1].prior == max(choice.prior for choice in first.choices)


async def test_a_model_goes_on_with_the_moves_so_far():
    first = await grow_tree(estimate="none")
    plan = first.events("tree-searched")[0].moves

    def go_on(request):
        *_, last = request.messages
        begun = last.content.splitlines() if last.role == "assistant" else []
        known = list(plan[: len(begun)]) == begun and len(begun) < len(plan)
        return completion(request, f"{plan[len(begun)]}\n(and so on)" if known else "(jump)")

    grown = await grow_tree(go_on, free=False, width=1, prior="continued", estimate="none")
    assert grown.events("prior-changed") == []
    assert {event.prior for event in grown.events("node-expanded")} <= {"continued", "uniform"}
    (path,) = grown.events("path-found")
    assert path.moves == plan
    assert path.growth.nodes == len(plan)
    assert path.growth.prior_bits > 0
    assert [message.role for message in grown.requests[0].messages] == ["user"]
    assert [message.role for message in grown.requests[-1].messages] == ["user", "assistant"]


@pytest.mark.parametrize("prior", ["samples", "ranked", "continued"])
@pytest.mark.parametrize("aloud", ["<think>{}</think>\n", "<Reasoning>\n{}\n</Reasoning>"])
async def test_what_a_model_thinks_aloud_is_no_answer(prior, aloud):
    plan = (await grow_tree(estimate="none")).events("tree-searched")[0].moves

    def answer(request):
        offered = options(request)
        if prior == "ranked":
            return ", ".join(sorted(offered, reverse=True))
        begun = request.messages[-1].content.splitlines() if len(request.messages) > 1 else []
        likely = [*offered.values()][-1:] if offered else plan[len(begun) :]
        return "\n".join(likely) or "(jump)"

    def think(request):
        thought = "\n".join(["A, B", *options(request).values(), "(jump)"])
        return completion(request, aloud.format(thought) + answer(request))

    quiet, loud = [
        await grow_tree(respond, free=False, width=1, prior=prior, estimate="none")
        for respond in (lambda request: completion(request, answer(request)), think)
    ]
    assert quiet.events("prior-changed") == loud.events("prior-changed") == []
    one, other = (
        [(event.move, event.choices) for event in grown.events("node-expanded")]
        for grown in (quiet, loud)
    )
    assert one == other
    assert prior in {event.prior for event in loud.events("node-expanded")}


async def test_a_model_that_cannot_go_on_is_asked_for_letters():
    grown = await grow_tree(
        lambda request: completion(request, " "), free=False, width=1, prior="continued"
    )
    changed = grown.events("prior-changed")[0]
    assert (changed.to, changed.why) == ("letters", "absent")


async def test_a_model_that_fails_is_left_and_the_search_goes_on_without():
    def fail(_request):
        raise UpstreamError("upstream-failed", "down", status=500, usage=Usage(calls=1))

    grown = await grow_tree(fail, free=False)
    assert grown.events("prior-changed")[0].why == "failed"
    assert grown.outcome.status is Status.CERTIFIED
    assert grown.outcome.origin is Origin.MODEL_GUIDED_SEARCH


async def test_a_prior_no_better_than_chance_is_switched_off():
    grown = await grow_tree(free=False, width=1, guard_after=2, domain="pddl")
    changed = grown.events("prior-changed")
    assert [event.why for event in changed] == ["no-better-than-chance"]
    asked = {event.round for event in grown.events("tree-asked")}
    assert len(asked) >= 2
    assert grown.outcome.status is Status.CERTIFIED


async def test_uniform_asks_nobody():
    grown = await grow_tree(free=False, prior="uniform")
    assert grown.outcome.origin is Origin.SEARCH
    assert not grown.requests


@pytest.mark.parametrize("policy", ["best", "puct"])
@pytest.mark.parametrize("estimate", [None, "none"])
async def test_every_policy_finds_an_answer(policy, estimate):
    grown = await grow_tree(
        free=False, policy=policy, estimate=estimate, prior="uniform", nodes=2000
    )
    assert grown.outcome.status is Status.CERTIFIED


async def test_another_domain_is_searched_with_the_same_words():
    grown = await grow_tree(
        domain="countdown", problem=GAME, free=False, prior="uniform", nodes=2000
    )
    assert grown.outcome.status is Status.CERTIFIED


async def test_an_effort_of_reasoning_asks_for_whole_answers_and_offers_a_verified_prefix():
    wrong = "(take poems desk)\n(walk desk fiction)\n(take atlas desk)"

    grown = await grow_tree(
        lambda request: completion(request, wrong),
        free=False,
        sampling=Sampling(reasoning_effort="high", temperature=0.7),
        budget=Budget(rounds=3),
    )
    offered = [event for event in grown.events("tree-asked") if event.how == "continuation"]
    assert len(offered) == 2
    said = offered[0].asked[0].messages[0].content
    assert "(take poems desk)\n(walk desk fiction)\n\n" in said
    assert [len(e.calls) for e in grown.events("round-started")] == [1, 1, 1]
    assert grown.outcome.usage.calls == len(grown.requests) == 5


async def test_a_slow_model_without_probabilities_is_asked_for_whole_answers():
    def slow(request):
        offered = list(options(request).values()) or ["?"]
        return completion(request, offered[0], latency_s=60.0)

    grown = await grow_tree(slow, free=False, width=1, budget=Budget(rounds=3), estimate="none")
    assert grown.events("prior-changed")[-1].why == "slow"
    assert grown.events("round-started")


def count_to_five(question):
    """A domain that cannot list its moves: one adds 1 or 2 until there are five."""
    if not isinstance(question, ExpandQuestion):
        return Searched(reason="the domain cannot list its moves")
    state = sum(map(int, question.moves))
    children = [
        Child(move=m, key=str(state + int(m)), goal=state + int(m) == 4 * 2)
        for m in question.proposals or ()
        if m in {"1", "2"}
    ]
    made = [
        c.model_copy(update={"answer": "(4 - 10) * (9 - 13)"}) if c.goal else c for c in children
    ]
    return Expanded(
        key=str(state), goal=False, told=str(state), children=tuple(made), enumerated=False
    )


async def test_where_nobody_can_list_moves_the_model_proposes_and_the_critics_filter():
    grown = await grow_tree(
        lambda request: completion(request, "1. 2\n2. 1\n3. nonsense\n"),
        domain="countdown",
        problem=GAME,
        rollout=count_to_five,
        budget=Budget(rounds=50),
    )
    assert grown.outcome.status is Status.CERTIFIED
    assert grown.outcome.origin is Origin.MODEL_GUIDED_SEARCH
    assert {event.how for event in grown.events("tree-asked")} == {"proposals"}
    assert grown.events("path-found")[0].growth.uniform_nodes_median is None


async def test_where_moves_cannot_be_tried_ordinary_rounds_follow():
    plan = "(take poems desk)"
    grown = await grow_tree(
        lambda request: completion(request, plan),
        rollout=lambda _question: Unanswered(diagnostics=(untried(),)),
        budget=Budget(rounds=2),
    )
    assert len(grown.events("round-started")) == 2
    assert grown.outcome.status is Status.EXHAUSTED


async def test_a_run_plays_the_same_journal_again():
    one, other = [await grow_tree(prefer(sensible), free=False) for _ in range(2)]
    untimed = [
        [event.model_copy(update={"at": 0.0}) for event in grown.events("node-expanded")]
        for grown in (one, other)
    ]
    assert untimed[0] == untimed[1]
    assert [r.messages for r in one.requests] == [r.messages for r in other.requests]


@given(
    seed=st.integers(0, 10_000),
    rounds=st.integers(1, 6),
    tokens=st.one_of(st.none(), st.integers(1, 4_000)),
    width=st.integers(1, 4),
    prior=st.sampled_from([None, "samples", "ranked"]),
)
@settings(max_examples=40, deadline=None)
def test_no_budget_is_passed_whatever_fails(seed, rounds, tokens, width, prior):
    chance = random.Random(seed)  # noqa: S311  # no secrets: a failure that can be repeated

    def respond(request):
        kind = chance.randrange(5)
        cap = min(c for c in (request.sampling.max_tokens, request.max_tokens_left, 50) if c)
        usage = Usage(calls=1, prompt_tokens=request.chars // 4, completion_tokens=cap)
        if kind == 0:
            raise UpstreamError("upstream-failed", "no", status=500, usage=usage)
        if kind == 1 and request.top_logprobs:
            raise UpstreamError("upstream-refused", "no", status=400, usage=Usage(calls=1))
        offered = options(request)
        letters = {letter: 1 / len(offered) for letter in offered} if offered else None
        return completion(request, chance.choice([*offered.values(), "?"]), letters, usage=usage)

    budget = Budget(rounds=rounds, tokens=tokens)
    grown = asyncio.run(
        grow_tree(
            respond, free=False, budget=budget, width=width, prior=prior, estimate="none", nodes=30
        )
    )
    usage = grown.outcome.usage
    assert usage.rounds <= rounds
    assert usage.calls == len(grown.requests)
    most = max((r.chars // 4 for r in grown.requests), default=0)
    assert tokens is None or usage.tokens <= tokens + most + 50
    ended = [e.call for e in grown.journal.events if e.event in {"call-finished", "call-failed"}]
    assert sorted(ended) == list(range(len(ended)))
