"""Crashes at any moment: the run, played again, takes the same turns and pays nothing twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.durable.publisher import Publication
from app.durable.recorder import Recorder
from app.durable.sequencer import ReplayMismatchError, Stored
from backprompt.budget import Budget, Usage
from backprompt.events import Event
from backprompt.journal import Journal
from backprompt.loop import solve
from backprompt.outcome import Outcome
from backprompt.strategy import Search, Strategy
from backprompt.task import Task
from backprompt.upstream import Completion, Request, UpstreamError
from critics.rollout import Searched
from critics.types import Feasibility, Feasible
from tests.backprompt.toy import KERNEL, TASK, completion

WIDE = Strategy(search=Search.PARALLEL, n=3, restart_after=None)


async def pass_turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class World:
    """Effects that take a random number of turns of the event loop."""

    upstream_name = "world"

    def __init__(self, chance: random.Random, answers: dict[int, str]) -> None:
        self.chance, self.answers = chance, answers
        self.asked: Counter[int] = Counter()

    async def _last(self, most: int = 40) -> None:
        await pass_turns(self.chance.randrange(most))

    async def generate(self, request: Request) -> Completion:
        self.asked[request.call] += 1
        await self._last()
        text = self.answers[request.call]
        if text == "error":
            raise UpstreamError("upstream-failed", "no", usage=Usage(calls=1))
        return completion(text, tokens=3)

    async def extract(self, response: str) -> list[str]:
        await self._last()
        return list(await KERNEL.extract(response))

    async def judge(self, text: str):
        await self._last()
        return await KERNEL.judge(text)

    async def certify(self, judgement, provenance):
        await self._last()
        return await KERNEL.certify(judgement, provenance)

    async def feasibility(self) -> Feasibility:
        await self._last(200)
        return Feasibility(status=Feasible.UNKNOWN)

    async def hints(self, _text, _level):
        return ()

    async def rollout(self, _question):
        return Searched(nodes=7, reason="no answer")

    async def solver(self, _timeout_s):
        return None

    async def present(self, _seed):
        return None


class NoWorld:
    """Effects of which none may happen any more, but for reading answers."""

    upstream_name = "nobody"
    extract = staticmethod(KERNEL.extract)

    def __getattr__(self, name: str):
        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        return never


@dataclass
class Disk:
    """What survives a crash."""

    chance: random.Random
    steps: dict[int, Stored] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    paid: set[int] = field(default_factory=set)
    """Calls whose answers are stored."""


class Ledger:
    """Stores steps, until the process dies."""

    def __init__(self, disk: Disk, dies_after: int, die: Callable[[], None]) -> None:
        self.disk, self.left, self.die = disk, dies_after, die
        self.dead = False
        self.next = 0

    def reserve(self) -> int:
        self.next += 1
        return self.next

    async def perform(
        self, position: int, kind: str, work: Callable[[], Awaitable[Stored]]
    ) -> Stored:
        stored = await work()
        await pass_turns(self.disk.chance.randrange(10))
        if not self.dead:
            self.disk.steps[position] = stored
            if kind == "generate":
                self.disk.paid.add(stored["value"].get("call", position))
        await pass_turns(self.disk.chance.randrange(10))
        self.left -= 1
        if self.left == 0:
            self.dead = True
            self.die()
        if self.dead:
            raise asyncio.CancelledError
        return stored


async def live(
    disk: Disk, world, dies_after: int, strategy: Strategy = WIDE, task: Task = TASK
) -> Outcome | None:
    """Execute the run until it ends or the process dies; `None` if it died."""
    journal = Journal()
    died = asyncio.Event()
    publication: Publication

    def write() -> None:
        if not died.is_set():
            disk.events += publication.take()

    publication = Publication("run", journal, list(disk.events), write)
    ledger = Ledger(disk, dies_after, died.set)
    recorder = Recorder(
        world,
        ledger,
        dict(disk.steps),
        clock=lambda: 0.0,
        pay=lambda _position, request: world.generate(request),
        upstream_name="world",
        saved=publication.release,
    )
    publication.is_held = lambda: recorder.unsaved
    running = asyncio.ensure_future(
        solve(task, strategy=strategy, budget=Budget(rounds=4), effects=recorder, journal=journal)
    )
    dying = asyncio.ensure_future(died.wait())
    await asyncio.wait({running, dying}, return_when=asyncio.FIRST_COMPLETED)
    if died.is_set():
        publication.close()
        running.cancel()
        await asyncio.wait({running})
        return None
    dying.cancel()
    disk.events += publication.take(everything=True)
    await recorder.aclose()
    return running.result()


ANSWERS = st.sampled_from(["1 2", "7", "nothing", "41 7", "42", "error", "12 13 14"])


@settings(max_examples=40, deadline=None)
@given(
    answers=st.lists(ANSWERS, min_size=12, max_size=12),
    deaths=st.lists(st.integers(1, 9), max_size=5),
    seed=st.integers(0, 10_000),
)
def test_a_run_that_dies_at_any_moment_tells_one_story(answers, deaths, seed):
    chance = random.Random(seed)  # noqa: S311  # no secrets
    disk = Disk(chance)
    world = World(chance, dict(enumerate(answers)))

    async def story() -> Outcome:
        for dies_after in deaths:
            before = list(disk.events)
            outcome = await live(disk, world, dies_after)
            assert disk.events[: len(before)] == before
            if outcome is not None:
                return outcome
        outcome = await live(disk, world, -1)
        assert outcome is not None
        return outcome

    outcome = asyncio.run(asyncio.wait_for(story(), 30))
    assert [event.seq for event in disk.events] == list(range(len(disk.events)))
    assert disk.events[-1].event == "ended"
    if outcome.certificate is not None:
        assert outcome.answer == "42"
    again = asyncio.run(asyncio.wait_for(replay(disk), 30))
    assert [event.model_dump_json() for event in again] == [
        event.model_dump_json() for event in disk.events
    ]


async def replay(disk: Disk) -> list[Event]:
    """Play a finished run, with nobody to ask."""
    played = Disk(disk.chance, dict(disk.steps), list(disk.events))
    outcome = await live(played, NoWorld(), -1)
    assert outcome is not None
    return played.events


@settings(max_examples=20, deadline=None)
@given(deaths=st.lists(st.integers(1, 6), min_size=1, max_size=6), seed=st.integers(0, 999))
def test_a_stored_answer_is_never_asked_for_again(deaths, seed):
    chance = random.Random(seed)  # noqa: S311  # no secrets
    disk = Disk(chance)
    world = World(chance, dict(enumerate(["1", "2", "3", "42"])))
    one = Strategy(restart_after=None)

    async def story() -> None:
        for dies_after in deaths:
            asked, stored = world.asked.copy(), len(disk.paid)
            if await live(disk, world, dies_after, one) is not None:
                return
            assert sum(asked.values()) - stored <= sum(world.asked.values())
        await live(disk, world, -1, one)

    asyncio.run(asyncio.wait_for(story(), 30))
    assert sum(world.asked.values()) <= 4 + len(deaths)


async def test_another_program_than_the_one_that_recorded_is_refused():
    disk = Disk(random.Random(1))  # noqa: S311  # no secrets
    world = World(disk.chance, dict(enumerate(["1", "42"])))
    one = Strategy(restart_after=None)
    await live(disk, world, 3, one)
    first = min(disk.steps)
    disk.steps[first] = {**disk.steps[first], "kind": "hints"}
    with pytest.raises(ReplayMismatchError):
        await live(disk, world, -1, one)
