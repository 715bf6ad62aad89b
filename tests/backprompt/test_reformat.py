"""Answers in a foreign form: rewritten by one more call, refused where they are not the same."""

import asyncio
import json

import pytest

from backprompt.budget import Budget
from backprompt.events import CallFailed, Decided
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.reformat import find_refusal, names_of, own_words
from backprompt.strategy import Strategy
from backprompt.task import Task
from backprompt.upstream import ScriptedUpstream, UpstreamError
from critics.domain import find_domain
from critics.judge import read_problem
from tests.backprompt.toy import TASK, completion, live, run

ASKING = Strategy(reformat=True)
FOREIGN = "I say number=42, that is it."
FORMAT = '{"day": "Monday", "start": "10:30", "end": "11:00"} as one JSON object.'


def wrapped(passage, answer):
    return f"<passage>{passage}</passage>\n<answer>{answer}</answer>"


async def test_an_answer_in_a_foreign_form_is_rewritten_and_judged():
    outcome, journal, effects = await run(FOREIGN, wrapped("number=42", "42"), strategy=ASKING)
    assert (outcome.status, outcome.answer, outcome.origin) == ("certified", "42", "reformatted")
    assert (outcome.usage.rounds, outcome.usage.calls) == (1, 2)
    assert [request.call for request in effects.requests] == [0, 1]
    assert FOREIGN in effects.requests[1].messages[0].content
    assert "Write digits." in effects.requests[1].messages[0].content
    kinds = [event.event for event in journal.events]
    assert "no-candidate" not in kinds


async def test_by_default_nobody_rewrites():
    outcome, journal, _ = await run(FOREIGN, "42")
    assert (outcome.status, outcome.origin, outcome.usage.rounds) == ("certified", "model", 2)
    assert "no-candidate" in [event.event for event in journal.events]


async def test_what_was_rewritten_is_rejected_like_any_other():
    told = ["I say x=7.", wrapped("x=7", "7"), "42"]
    outcome, _, effects = await run(*told, strategy=ASKING)
    assert (outcome.status, outcome.usage.rounds, effects.judged) == ("certified", 2, ["7", "42"])
    assert "`7` is not the number" in effects.requests[2].messages[-1].content


@pytest.mark.parametrize(
    ("rewritten", "why"),
    [
        (wrapped("number=42", "43"), "item-added"),
        (wrapped("it is 42", "42"), "nothing-copied"),
        (wrapped("", "42"), "nothing-copied"),
    ],
)
async def test_an_answer_that_is_not_the_same_is_no_candidate(rewritten, why):
    outcome, journal, effects = await run(FOREIGN, rewritten, "42", strategy=ASKING)
    refused = [event for event in journal.events if isinstance(event, Decided)]
    assert [(event.decision, event.why) for event in refused] == [("not-reformatted", why)]
    assert (effects.judged, outcome.origin) == (["42"], "model")


@pytest.mark.parametrize(
    "said", ["NONE", "", "<passage>number=42</passage>", wrapped("number", "")]
)
async def test_where_nothing_can_be_rewritten_the_round_has_no_candidate(said):
    outcome, journal, _ = await run(FOREIGN, said, "42", strategy=ASKING)
    assert (outcome.status, outcome.usage.rounds) == ("certified", 2)
    assert "no-candidate" in [event.event for event in journal.events]


async def test_a_number_that_would_have_to_be_worked_out_is_added():
    _, _, effects = await run(
        "six times seven", wrapped("six times seven", "42"), "?", strategy=ASKING
    )
    assert "42" not in effects.judged


async def test_rewriting_is_paid_from_the_budget():
    spent, _, effects = await run(
        completion(FOREIGN, tokens=20),
        wrapped("number=42", "42"),
        strategy=ASKING,
        budget=Budget(tokens=20),
    )
    assert (spent.status, len(effects.requests)) == ("exhausted", 1)
    last, _, effects = await run(
        FOREIGN, wrapped("number=42", "42"), strategy=ASKING, budget=Budget(rounds=1)
    )
    assert (last.status, len(effects.requests)) == ("certified", 2)
    late, _, effects = await run(
        FOREIGN, "unheard", strategy=ASKING, budget=Budget(seconds=5), seconds=[6]
    )
    assert (late.status, len(effects.requests)) == ("exhausted", 1)


async def test_a_call_that_fails_leaves_the_round_as_it_was():
    failed = UpstreamError("upstream-busy", "later", status=429)
    outcome, journal, _ = await run(FOREIGN, failed, "42", strategy=ASKING)
    assert (outcome.status, outcome.usage.rounds) == ("certified", 2)
    assert [e.call for e in journal.events if isinstance(e, CallFailed)] == [1]


async def test_a_run_that_is_cancelled_while_rewriting_counts_the_call():
    asked, journal = asyncio.Event(), Journal()

    async def respond(request):
        if request.call == 0:
            return FOREIGN
        asked.set()
        return await asyncio.Event().wait()

    effects = live(ScriptedUpstream(respond))
    work = asyncio.create_task(
        solve(TASK, strategy=ASKING, budget=Budget(), effects=effects, journal=journal)
    )
    await asked.wait()
    work.cancel()
    await asyncio.wait({work})
    assert (journal.ended.status, journal.ended.usage.calls) == ("cancelled", 2)


NAMES = frozenset(("word", name) for name in ("monday", "tuesday", "ann", "bob", "rome"))


@pytest.mark.parametrize(
    ("passage", "rewritten", "why"),
    [
        ("Monday, 10:30-11:00", "Monday 10:30 11:00", None),
        ("Monday,\n 10:30AM to 11", "Monday 10:30 11:00", None),
        ("Monday 3 to 4 pm", "Monday 15:00 16:00", None),
        ("Monday 10:30-11:00", "Tuesday 10:30 11:00", "item-added"),
        ("Monday 10:30-11:00", "Monday 10:30 11:30", "item-added"),
        ("Monday 10:30-11:00", "10:30 11:00", "item-lost"),
        ("First 4, then 8, then 8", "4 8 8", None),
        ("First 4, then 8", "4 8 8", "item-added"),
        ("Ann, then Bob", "Ann", "item-lost"),
        ("From Rome. Ann at 9:00; arrive at 9:40. Bob at 10:00", "Ann 9:00 Bob 10:00", None),
        ("From Rome. Ann at 9:00. Bob at 10:00", "Ann 9:00", "item-lost"),
        ("Pick up b, stack it on c", "(pick-up b) (stack b c)", None),
        ("Pick up b", "(pick-up b) (stack b c)", "item-added"),
    ],
)
def test_nothing_is_added_and_no_name_is_lost(passage, rewritten, why):
    response = f"I have thought about it. {passage}. That is all."
    assert find_refusal(response, passage, rewritten, FORMAT, NAMES) == why


def test_words_of_the_form_are_not_added():
    answer = '{"day": "Friday", "start": "9:00", "end": "9:30"}'
    assert find_refusal("Friday 9:00-9:30", "Friday 9:00-9:30", answer, FORMAT) is None
    assert find_refusal("Friday 9:00-9:30", "Friday 9:00-9:30", answer, "") == "item-added"


GOLDS = {
    "calendar": (
        "Here is the proposed time: Monday, 10:30 - 11:00",
        {"day": "Monday", "start": "10:30", "end": "11:00"},
    ),
    "trip": (
        "**Day 1-3:** Visit Nice for 3 days.\n**Day 3:** Fly.\n**Day 3-6:** Visit Oslo 4 days.",
        {
            "itinerary": [
                {"city": "Nice", "first_day": 1, "last_day": 3},
                {"city": "Oslo", "first_day": 3, "last_day": 6},
            ]
        },
    ),
}


@pytest.mark.parametrize("name", GOLDS)
def test_an_answer_as_people_write_it_may_be_rewritten(name):
    domain = find_domain(name)
    problem = dict(domain.examples[0].problem)
    task = Task(
        domain=name,
        problem=problem,
        prompt="",
        answer_format=domain.answer_format,
        answer_schema=domain.answer_schema(domain.load(read_problem(domain, problem))),
    )
    text, answer = GOLDS[name]
    words, names = own_words(task), names_of(task)
    assert names
    assert find_refusal(text, text, json.dumps(answer), words, names) is None
    assert find_refusal("I give up.", text, json.dumps(answer), words, names) == "nothing-copied"
