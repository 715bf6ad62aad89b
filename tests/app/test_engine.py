"""The contract of engines: every back end passes the same tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from app.durable.engine import DurableEngine, Room
from app.durable.location import locate
from app.engine import Engine, MakeRun, RunQuery, RunSpec
from app.failures import ServiceError
from app.memory_engine import MemoryEngine
from app.protocol import SolveRequest
from app.service import Service
from app.settings import Settings
from backprompt.events import Event
from backprompt.upstream import ScriptedUpstream
from tests.app.conftest import REQUEST

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_S = 60.0
"""Far more than anything here takes; a hang fails instead of waiting for ever."""
ROOM = 2
Make = Callable[[MakeRun], Engine]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_engine(request, tmp_path) -> Make:
    """Make an engine of each kind, with room for two runs and a line of two."""
    if request.param == "memory":
        return lambda make_run: MemoryEngine(make_run, concurrent=ROOM, queued=2, kept=3)
    shared = request.param == "postgresql"
    url = request.getfixturevalue("postgres").make_database() if shared else None
    location = locate(url or f"sqlite:///{tmp_path}/runs.db")
    return lambda make_run: DurableEngine(make_run, location, Room(concurrent=ROOM, queued=2))


class Model:
    """A model that answers when it is told to."""

    def __init__(self, *texts: str, held: bool = False) -> None:
        self.texts = texts
        self.calls = 0
        self.cancelled = asyncio.Event()
        self.asked = asyncio.Event()
        self.busy = asyncio.Event()
        self.free = asyncio.Event()
        if not held:
            self.free.set()

    async def __call__(self, request) -> str:
        self.calls += 1
        self.asked.set()
        if self.calls == ROOM:
            self.busy.set()
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return self.texts[min(request.call, len(self.texts) - 1)]


@asynccontextmanager
async def engine_over(pool, make_engine: Make, model: Model) -> AsyncIterator[tuple]:
    """An engine that asks this model, and a function that specifies a run."""
    service = Service(Settings(), upstream=ScriptedUpstream(model), pool=pool)
    engine = make_engine(service.make_run)

    async def specify(**wishes) -> RunSpec:
        return await service.specify(SolveRequest.model_validate({**REQUEST, **wishes}))

    yield engine, specify
    await engine.aclose()
    await service.aclose()


async def collect(engine: Engine, run_id: str, after: int = -1) -> list[Event]:
    async with asyncio.timeout(SOON_S):
        return [event async for event in engine.events(run_id, after)]


async def test_a_run_is_executed_and_kept(pool, make_engine):
    async with engine_over(pool, make_engine, Model("bye", "hello")) as (engine, specify):
        spec = await specify()
        started = await engine.start(spec)
        over = await engine.wait(spec.id)
        found = await engine.get(spec.id)
    assert started.state in {"queued", "running"}
    assert (over.state, over.result.answer, over.usage.calls) == ("certified", "hello", 2)
    assert found == over
    assert over.spec == spec
    assert over.started_at <= over.ended_at


async def test_every_reader_sees_the_same_events_from_any_offset(pool, make_engine):
    model = Model("bye", "hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        early = asyncio.create_task(collect(engine, spec.id))
        await model.asked.wait()
        model.free.set()
        live = await early
        late = await collect(engine, spec.id)
        rest = await collect(engine, spec.id, after=3)
    assert [event.seq for event in live] == list(range(len(live)))
    assert late == live
    assert rest == live[4:]
    assert live[-1].event == "ended"


async def test_the_same_id_is_the_same_run_unless_the_request_differs(pool, make_engine):
    model = Model("hello")
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = (await specify()).model_copy(update={"body_sha256": "1"})
        await engine.start(spec)
        await engine.wait(spec.id)
        again = await engine.start(spec)
        with pytest.raises(ServiceError) as refused:
            await engine.start(spec.model_copy(update={"body_sha256": "2"}))
    assert again.state == "certified"
    assert model.calls == 1
    assert refused.value.code == "idempotency-conflict"


async def test_cancelling_ends_the_call_and_tells_what_was_spent(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await model.asked.wait()
        over = await engine.cancel(spec.id)
        async with asyncio.timeout(SOON_S):
            await model.cancelled.wait()
        again = await engine.cancel(spec.id)
        events = await collect(engine, spec.id)
    assert over.state == again.state == "cancelled"
    assert over.result.answer is None
    assert over.usage.calls == 1
    assert events[-1].status == "cancelled"


async def test_a_run_that_waits_in_line_can_be_cancelled(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        specs = [await specify() for _ in range(3)]
        for spec in specs:
            await engine.start(spec)
        over = await engine.cancel(specs[2].id)
        events = await collect(engine, specs[2].id)
        model.free.set()
        others = [await engine.wait(spec.id) for spec in specs[:2]]
    assert over.state == "cancelled"
    assert events == []
    assert [other.state for other in others] == ["certified", "certified"]


async def test_waiting_in_line_has_an_end(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        specs = [await specify() for _ in range(5)]
        for spec in specs[:2]:
            await engine.start(spec)
        await model.busy.wait()
        for spec in specs[2:4]:
            await engine.start(spec)
        with pytest.raises(ServiceError) as refused:
            await engine.start(specs[4])
        model.free.set()
        states = [(await engine.wait(spec.id)).state for spec in specs[:4]]
    assert refused.value.code == "too-many-runs"
    assert states == ["certified"] * 4


async def test_who_waits_may_leave(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        waiting = asyncio.create_task(engine.wait(spec.id))
        await model.asked.wait()
        waiting.cancel()
        await asyncio.wait({waiting})
        model.free.set()
        over = await engine.wait(spec.id)
    assert over.state == "certified"


async def test_runs_are_listed_newest_first_in_pages(pool, make_engine):
    async with engine_over(pool, make_engine, Model("hello", "no")) as (engine, specify):
        odd = {"problem": {"word": "other"}, "budget": {"rounds": 1}}
        specs = [await specify(), await specify(**odd), await specify()]
        specs[2] = specs[2].model_copy(update={"id": "run_0 whose id does not follow time"})
        for spec in specs:
            await engine.start(spec)
            await engine.wait(spec.id)
        first = await engine.list(RunQuery(limit=2))
        rest = await engine.list(RunQuery(limit=2, before=first.next))
        certified = await engine.list(RunQuery(state="certified"))
        nobody = await engine.list(RunQuery(tenant="somebody-else"))
        foreign = await engine.list(RunQuery(domain="pddl"))
    assert [run.spec.id for run in (*first.runs, *rest.runs)] == [
        spec.id for spec in reversed(specs)
    ]
    assert rest.next is None
    assert len(certified.runs) == 2
    assert not nobody.runs
    assert not foreign.runs


async def test_only_a_run_that_is_over_is_forgotten(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        early = await engine.delete(spec.id)
        model.free.set()
        await engine.wait(spec.id)
        forgotten = await engine.delete(spec.id)
        gone = await engine.get(spec.id)
        unknown = await engine.delete("run_unknown")
    assert (early, forgotten, gone, unknown) == (False, True, None, False)


async def test_an_unknown_run_is_nobody(pool, make_engine):
    async with engine_over(pool, make_engine, Model("hello")) as (engine, _):
        assert await engine.get("run_unknown") is None
        assert await engine.cancel("run_unknown") is None
        assert await collect(engine, "run_unknown") == []
