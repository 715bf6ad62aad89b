"""`search: evolve`: what is certified gets better, and nothing else ever counts."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprompt.budget import Budget
from backprompt.events import CandidateRepeated, Origin, Status
from backprompt.evolve.events import IslandsReset
from backprompt.journal import Journal
from backprompt.strategy import Preference, Search, SolverMode, Strategy
from backprompt.upstream import Request, Sampling, UpstreamError
from critics.statement import read_envelope
from critics.types import Solved
from critics.verification import Outcome as Proved
from critics.verification import verify
from tests.backprompt.evolve.colony import breed, listen, recite, say, seen


async def test_a_model_that_listens_gets_better_from_shot_to_shot():
    bred = await breed(islands=1, budget=Budget(rounds=8))
    assert (bred.outcome.status, bred.outcome.answer) == (Status.CERTIFIED, say(26))
    assert bred.history == [40, 38, 36, 34, 32, 30, 28, 26]
    assert bred.outcome.evolution.value == 26
    assert bred.certified == [say(value) for value in bred.history]
    assert read_envelope(bred.outcome.certificate).claim == "answer"
    assert verify(bred.outcome.certificate, signature=False).outcome is Proved.VERIFIED
    assert [seen(request) for request in bred.requests][:3] == [[], [40], [40, 38]]


async def test_without_shots_a_model_that_would_listen_does_not_get_better():
    respond = lambda request: say(40 if not seen(request) else 2)  # noqa: E731  # a model in a line
    bred = await breed(respond, shots=0, budget=Budget(rounds=5))
    assert (bred.history, bred.outcome.answer) == ([40], say(40))
    assert len(bred.events("judged")) == 1
    assert bred.outcome.evolution.measured == 1
    assert all("from worse to better" not in str(asked.messages) for asked in bred.rounds)


async def test_shots_stand_from_worse_to_better_and_ask_for_less_than_the_best():
    bred = await breed(islands=1, shots=4, population=4, budget=Budget(rounds=12))
    for request in bred.requests[1:]:
        shown = seen(request)
        assert shown == sorted(shown, reverse=True)
        assert len(shown) <= 4
        words = request.messages[0].content
        best = min(int(one.value) for one in bred.measured.values() if one.candidate < request.call)
        assert f"value of x less than {best}." in words
    assert "smaller number is better" in bred.requests[0].messages[0].content


@pytest.mark.parametrize("reset_every", [None, 4])
async def test_islands_know_nothing_of_each_other_until_they_are_reset(reset_every):
    bred = await breed(islands=3, reset_every=reset_every, budget=Budget(rounds=24))
    homes = {number: {event.island} for number, event in bred.measured.items()}
    for event in bred.journal.events:
        if isinstance(event, CandidateRepeated):  # found there once more
            homes[event.candidate].add(bred.rounds[event.round - 1].island)
        if isinstance(event, IslandsReset):
            for island, founder in zip(event.islands, event.founders, strict=True):
                homes[founder].add(island)
        for number in getattr(event, "shots", ()):
            assert event.island in homes[number]
    assert [asked.island for asked in bred.rounds] == [0, 1, 2] * 8
    assert bool(bred.events("islands-reset")) is (reset_every is not None)


async def test_the_worse_half_begins_again_with_the_best_of_the_others():
    values = {0: 10, 1: 60, 2: 20, 3: 70}
    bred = await breed(recite(*values.values()), islands=4, reset_every=4, budget=Budget(rounds=5))
    (reset,) = bred.events("islands-reset")
    assert reset.islands == (1, 3)
    assert set(reset.founders) <= {0, 2}


async def test_a_replay_of_the_same_answers_tells_the_same_story():
    first = await breed(islands=3, shots=3, reset_every=5, budget=Budget(rounds=30))
    again = await breed(islands=3, shots=3, reset_every=5, budget=Budget(rounds=30))
    stories = [
        [event.model_dump(exclude={"certificate"}) for event in run.journal.events]  # it has times
        for run in (first, again)
    ]
    assert stories[0] == stories[1]
    assert Journal.load(first.journal.dump()).events == first.journal.events


async def test_another_seed_shows_other_answers():
    first = await breed(islands=1, budget=Budget(rounds=20))
    sampling = Sampling(temperature=0.7, seed=12)
    other = await breed(islands=1, budget=Budget(rounds=20), task={"sampling": sampling})
    assert [asked.shots for asked in first.rounds] != [asked.shots for asked in other.rounds]


@given(st.lists(st.integers(min_value=-5, max_value=130), min_size=1, max_size=14), st.data())
@settings(max_examples=25, deadline=None)
def test_the_answer_is_the_best_that_was_accepted_and_only_that(values, data):
    islands = data.draw(st.integers(1, 3))
    n = data.draw(st.integers(1, 3))
    budget = Budget(rounds=-(-len(values) // n))
    running = breed(recite(*values), budget=budget, islands=islands, strategy={"n": n})
    bred = asyncio.run(running)
    answered = values[: budget.rounds * n]
    right = [value for value in answered if 0 <= value <= 100 and value % 2 == 0]
    if not right:
        assert (bred.outcome.status, bred.outcome.answer) == (Status.EXHAUSTED, None)
        return
    assert bred.outcome.answer == say(min(right))
    assert bred.history[-1] == min(right)
    assert bred.history == sorted(set(bred.history), reverse=True)
    assert json.loads(bred.outcome.judgement.candidate) == {"x": min(right)}


async def test_a_repeated_answer_is_judged_and_measured_once():
    bred = await breed(recite(8), islands=2, budget=Budget(rounds=6))
    assert len(bred.events("judged")) == len(bred.events("answer-measured")) == 1
    assert len(bred.events("candidate-repeated")) == 5
    assert [asked.shots for asked in bred.rounds][:4] == [(), (), (0,), (0,)]


async def test_a_rejected_answer_is_repaired_on_its_own_island():
    def respond(request: Request) -> str:
        told = [message.content for message in request.messages[1:]]
        if told:  # an odd number was sent back
            return say(int(json.loads(told[0])["x"]) - 1)
        return say(51 + 2 * request.call)

    bred = await breed(respond, islands=2, budget=Budget(rounds=4))
    sizes = [len(request.messages) for request in bred.requests]
    assert sizes == [1, 1, 3, 3]
    assert "`even`" in bred.requests[2].messages[2].content
    assert json.loads(bred.requests[2].messages[1].content) == {"x": 51}
    assert bred.history == [50]
    assert {one.value for one in bred.measured.values()} == {50, 52}


async def test_the_run_ends_at_its_target():
    bred = await breed(islands=1, target=36)
    assert (bred.outcome.answer, bred.outcome.usage.rounds) == (say(36), 3)
    exact = await breed(islands=1, target="71/2")
    assert exact.outcome.answer == say(34)


async def test_the_run_ends_with_what_is_proved_to_be_best():
    bred = await breed(recite(4, 2, 0, 6), compare=True)
    assert (bred.outcome.answer, bred.outcome.usage.rounds) == (say(0), 3)
    assert read_envelope(bred.outcome.certificate).claim == "optimal"


async def test_only_the_best_will_do_where_it_is_required():
    required = {"require_optimal": True}
    bred = await breed(recite(4, 2, 0), compare=True, strategy=required)
    assert bred.outcome.answer == say(0)
    short = await breed(
        recite(4, 2, 6, 2), compare=True, strategy=required, budget=Budget(rounds=4)
    )
    assert (short.outcome.status, short.outcome.answer) == (Status.EXHAUSTED, None)
    assert short.certified == [say(4), say(2)]


async def test_what_cannot_be_certified_is_never_the_answer_and_never_shown():
    bred = await breed(recite(40, 2, 30, 20), refuses=(say(2),), islands=1)
    assert bred.outcome.answer == say(20)
    assert bred.history == [40, 30, 20]
    assert all(2 not in seen(request) for request in bred.requests)


async def test_an_engines_answer_is_compared_and_never_shown():
    bred = await breed(
        recite(40, 38),
        strategy={"solver": SolverMode.RACE},
        solved=Solved(answer=say(30), engine="oracle"),
        budget=Budget(rounds=6),
    )
    assert (bred.outcome.answer, bred.outcome.origin) == (say(30), Origin.SOLVER)
    assert all(30 not in seen(request) for request in bred.requests)
    assert len(bred.requests) == 6


async def test_an_answer_to_begin_with_is_shown_on_every_island():
    bred = await breed(task={"start_from": say(20)}, islands=3, budget=Budget(rounds=3))
    assert [seen(request) for request in bred.requests] == [[20], [20], [20]]
    assert bred.outcome.answer == say(18)


async def test_the_budget_ends_it():
    tokens = await breed(budget=Budget(rounds=100, tokens=400))
    assert tokens.outcome.status is Status.CERTIFIED
    assert tokens.outcome.usage.rounds < 20
    few = await breed(budget=Budget(rounds=100, candidates=3))
    assert (few.outcome.usage.candidates, few.outcome.status) == (3, Status.CERTIFIED)


async def test_a_model_that_is_lost_on_the_way_leaves_the_best_answer():
    def respond(request: Request) -> str:
        if request.call == 3:
            raise UpstreamError("upstream-failed", "gone")
        return listen(request)

    bred = await breed(respond, islands=1)
    assert (bred.outcome.status, bred.outcome.answer) == (Status.CERTIFIED, say(36))


async def test_a_cancelled_run_says_so_and_hands_nothing_out():
    journal, waiting = Journal(), asyncio.Event()

    def respond(request: Request) -> object:
        if request.call < 3:
            return listen(request)
        waiting.set()
        return asyncio.Event().wait()

    running = asyncio.create_task(breed(respond, journal=journal))
    await asyncio.wait_for(waiting.wait(), 300)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert journal.ended.status is Status.CANCELLED
    assert journal.ended.usage.calls >= 3


async def test_where_answers_are_not_compared_the_first_one_ends_the_run():
    bred = await breed(task={"objective": None})
    assert (bred.outcome.answer, bred.outcome.usage.rounds) == (say(40), 1)
    assert bred.outcome.evolution is None


def test_a_strategy_that_contradicts_it_is_refused():
    with pytest.raises(ValueError, match="choose between answers differently"):
        Strategy(search=Search.EVOLVE, prefer=Preference())
    with pytest.raises(ValueError, match="temperature"):
        Strategy(search=Search.EVOLVE).require_variety(Sampling(temperature=0))
    with pytest.raises(ValueError, match="belongs to"):
        Strategy(search=Search.TREE, n=2)
