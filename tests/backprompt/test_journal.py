import asyncio
import json
from fractions import Fraction

import pytest
from pydantic import ValidationError

from backprompt.budget import Budget, Usage
from backprompt.disclosure import first_headline, public, traced
from backprompt.events import (
    CallFailed,
    CallFinished,
    CandidateFound,
    CandidateRepeated,
    Certified,
    Decided,
    Diversified,
    Ended,
    Event,
    FeasibilityTested,
    Formalized,
    Hinted,
    InfeasibilityCertified,
    Judged,
    NoCandidate,
    Preferred,
    RoundStarted,
    RunStarted,
    Score,
    SolverFinished,
    SolverStarted,
    ToolsCalled,
)
from backprompt.evolve.events import AnswerMeasured, IslandsReset
from backprompt.formalize import Formalization
from backprompt.journal import Journal
from backprompt.record import BaseEvent
from backprompt.strategy import Strategy
from backprompt.task import Shot, Task
from backprompt.tree.events import (
    Choice,
    Inquired,
    NodeExpanded,
    PathFound,
    PriorChanged,
    TreeAsked,
    TreeSearched,
)
from backprompt.tree.report import Growth
from backprompt.upstream import Completion, Message, ReplayUpstream, Sampling
from critics.formalization import Doubt, Missing
from critics.objective import Aim
from critics.types import (
    Coverage,
    Diagnostic,
    Feasibility,
    Judgement,
    Location,
    Opinion,
    Severity,
    Verdict,
)
from tests.backprompt.toy import run

CANARY = "Canary7"
NUMBER = Fraction(90210, 7)
"""The canary of what is a number: an answer's value may be the answer."""
PLACE = Location(source=CANARY, line=1, text=CANARY, label=CANARY, pointer=CANARY)
FOUND = Diagnostic(
    code=CANARY,
    headline=CANARY,
    at=PLACE,
    also=(PLACE,),
    notes=(CANARY,),
    help=(CANARY,),
    data={CANARY: CANARY},
)
JUDGED = Judgement(
    domain="toy",
    domain_version="1",
    verdict=Verdict.REJECTED,
    candidate=CANARY,
    score=0.5,
    diagnostics=(FOUND, FOUND.model_copy(update={"code": "known-code"})),
    coverage=Coverage(undecided=(CANARY,)),
    opinions=(Opinion(engine=CANARY, verdict=Verdict.UNKNOWN, reason=CANARY),),
)
TASK = Task(
    domain="toy",
    problem={CANARY: CANARY},
    prompt=CANARY,
    answer_format=CANARY,
    answer_schema={CANARY: CANARY},
    instructions=CANARY,
    examples=(Shot(prompt=CANARY, answer=CANARY),),
    start_from=CANARY,
    undecided=(CANARY,),
    objective=Aim(name=CANARY, sense="min"),
    sampling=Sampling(stop=(CANARY,)),
)
USED = Usage(calls=1)
EVENTS: list[Event] = [
    RunStarted(task=TASK, strategy=Strategy(), budget=Budget(), upstream=CANARY),
    Formalized(
        formalization=Formalization(
            domain=CANARY,
            problem={CANARY: CANARY},
            made_by=CANARY,
            paraphrase=CANARY,
            missing=(Missing(field=CANARY, question=CANARY),),
            doubts=(Doubt(kind=CANARY, what=CANARY, headline=CANARY),),
            unread=(FOUND,),
            short=CANARY,
        )
    ),
    RoundStarted(
        messages=(Message(role="user", content=CANARY),),
        sampling=Sampling(stop=(CANARY,), reasoning_effort=CANARY),
        calls=(0,),
        fresh=True,
    ),
    CallFinished(
        call=0,
        completion=Completion(
            text=CANARY, reasoning=CANARY, model=CANARY, finish_reason=CANARY, usage=USED
        ),
        usage=USED,
        spent=USED,
    ),
    CallFailed(call=1, code=CANARY, message=CANARY, status=500, usage=USED, spent=USED),
    CandidateFound(candidate=0, call=0, origin="model", text=CANARY),
    CandidateRepeated(candidate=0, call=0),
    NoCandidate(call=0),
    ToolsCalled(call=0, tool_calls=({"function": {"name": CANARY, "arguments": CANARY}},)),
    Judged(candidate=0, judgement=JUDGED),
    Hinted(candidate=0, level="core", findings=(FOUND,)),
    FeasibilityTested(
        feasibility=Feasibility(
            status="infeasible", conflict=(CANARY,), diagnostics=(FOUND,), opinions=JUDGED.opinions
        )
    ),
    SolverStarted(mode="race"),
    SolverFinished(engine=CANARY, answered=False, reason=CANARY),
    AnswerMeasured(candidate=0, value=NUMBER, island=0, best=True),
    IslandsReset(islands=(1,), founders=(0,)),
    TreeSearched(nodes=3, found=True, exhausted=False, reason=CANARY, moves=(CANARY,)),
    TreeAsked(
        how="letters",
        calls=(0,),
        asked=(Inquired(call=0, node=0, messages=(Message(role="user", content=CANARY),)),),
    ),
    NodeExpanded(
        node=1,
        parent=0,
        depth=1,
        h=2.0,
        move=CANARY,
        key=CANARY,
        prior="letters",
        goals=0,
        choices=(Choice(node=2, move=CANARY, h=1.0, prior=0.5),),
    ),
    PriorChanged(to="uniform", why="refused", nodes=4),
    PathFound(depth=2, moves=(CANARY,), growth=Growth(nodes=2)),
    Decided(decision="restart", why="no-progress"),
    Diversified(how=("warmer", "forbid")),
    Certified(candidate=0, certificate={"answer": CANARY}),
    Preferred(candidate=0, scores=(Score(candidate=0, rules=1.0, model=0.5),)),
    InfeasibilityCertified(certificate={"problem": CANARY}),
    Ended(status="failed", reason=CANARY, message=CANARY, usage=USED),
]


def test_the_canary_sits_in_every_kind_of_event() -> None:
    assert {type(event) for event in EVENTS} == set(BaseEvent.__subclasses__())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_the_public_view_holds_no_word_of_prompt_answer_or_finding(event: Event) -> None:
    shown = json.dumps(public(event))
    assert CANARY.lower() not in shown.lower()
    assert json.loads(shown)["event"] == event.event


def test_the_public_view_still_says_what_happened() -> None:
    shown = public(Judged(candidate=3, round=2, judgement=JUDGED))
    assert (shown["verdict"], shown["score"], shown["findings"]) == ("rejected", 0.5, 2)
    assert shown["codes"] == ["unlisted", "known-code"]
    assert (shown["candidate"], shown["round"]) == (3, 2)
    ended = public(Ended(status="exhausted", reason="cost_usd", usage=USED))
    assert (ended["status"], ended["reason"]) == ("exhausted", "cost_usd")


async def test_no_public_view_of_a_run_quotes_a_rejected_answer() -> None:
    _, journal, _ = await run("1000001", "1000002 1000003", "nothing 9x9", "42")
    shown = json.dumps([public(event) for event in journal.events])
    assert "100000" not in shown
    assert "9x9" not in shown
    assert "100000" in json.dumps([traced(event) for event in journal.events])


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_a_trace_holds_everything_and_says_that_it_is_not_certified(event: Event) -> None:
    shown = traced(event)
    assert shown.pop("certified") is (event.event == "certified")
    assert shown == event.model_dump(mode="json")


def test_a_journal_survives_a_round_trip() -> None:
    journal = Journal()
    for event in EVENTS:
        journal.append(event)
    lines = list(journal.dump())
    assert Journal.load(lines).events == journal.events
    assert [event.seq for event in journal.events] == list(range(len(EVENTS)))


@pytest.mark.parametrize(
    "line", ["{}", '{"event": "boo"}', "[", '{"event":"no-candidate","call":0,"x":1}']
)
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        Journal.load([line])


def test_nothing_comes_after_the_end() -> None:
    journal = Journal(EVENTS[-1:])
    with pytest.raises(RuntimeError, match="after the end"):
        journal.append(EVENTS[0])


async def test_followers_see_past_and_future_events_to_the_end() -> None:
    journal, called = Journal(), []
    journal.append(EVENTS[0])
    journal.subscribe(lambda event: called.append(event.seq))

    async def read(after: int) -> list[int]:
        return [event.seq async for event in journal.follow(after)]

    async with asyncio.TaskGroup() as group:
        early, late = group.create_task(read(-1)), group.create_task(read(5))
        for event in EVENTS[1:]:
            await asyncio.sleep(0)
            journal.append(event)
    assert early.result() == list(range(len(EVENTS)))
    assert late.result() == list(range(6, len(EVENTS)))
    assert called == list(range(1, len(EVENTS)))
    assert await read(-1) == early.result()


def test_the_first_headline_leaves_warnings_out() -> None:
    wart = FOUND.model_copy(update={"severity": Severity.WARNING, "headline": "wart"})
    told = JUDGED.model_copy(update={"diagnostics": (wart, FOUND)})
    assert first_headline(told) == CANARY
    assert first_headline(JUDGED.model_copy(update={"diagnostics": ()})) is None


async def test_a_journal_plays_the_same_run_again() -> None:
    _, journal, _ = await run("1", "2 3", "no", "42")
    upstream = ReplayUpstream.from_lines(journal.dump())
    _, again, _ = await run(*upstream._answers)
    assert list(again.dump()) == list(journal.dump())
