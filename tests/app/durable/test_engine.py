"""What only a durable engine does; what every engine does is in `tests/app/test_engine.py`."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.durable.engine import DurableEngine, Room
from app.durable.location import locate, open_database
from app.durable.store import Store
from app.durable.tables import events, runs
from app.engine import RunQuery
from tests.app.test_engine import SOON_S, Model, collect, engine_over

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOM = Room(concurrent=2, queued=200)


@pytest.fixture
def make_engine(database):
    """Make an engine of one database, again and again."""
    return lambda make_run: DurableEngine(make_run, locate(database), ROOM)


@pytest.fixture
def store(database) -> Iterator[Store]:
    """What is in the database, seen from beside the engine."""
    store = Store(open_database(locate(database)))
    yield store
    store.database.dispose()


class Stalling(Model):
    """A model whose second answer never comes the first time."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.stalled = asyncio.Event()

    async def __call__(self, request) -> str:
        if request.call == 1 and not self.stalled.is_set():
            self.stalled.set()
            await asyncio.Event().wait()
        return await super().__call__(request)


async def test_many_starts_of_one_run_are_one_run(pool, make_engine):
    model = Model("hello")
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await asyncio.gather(*(engine.start(spec) for _ in range(50)))
        over = await engine.wait(spec.id)
        page = await engine.list(RunQuery())
    assert over.state == "certified"
    assert len(page.runs) == model.calls == 1


async def test_a_run_that_was_handed_over_goes_on_and_pays_for_nothing_twice(pool, make_engine):
    model = Stalling("bye", "hello")
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await asyncio.wait_for(model.stalled.wait(), SOON_S)
        early = asyncio.create_task(collect(engine, spec.id))
        engine.stop()
        handed = await engine.wait(spec.id)
        kept = await engine.cancel(spec.id)  # as a client does that leaves
        seen = await early
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await engine.wait(spec.id)
        story = await collect(engine, spec.id)
    assert not handed.over
    assert kept is not None
    assert not kept.over
    assert (over.state, over.result.answer) == ("certified", "hello")
    assert model.calls == 2
    assert story[: len(seen)] == seen
    assert [event.seq for event in story] == list(range(len(story)))
    lost = over.usage.prompt_tokens - sum(
        event.usage.prompt_tokens for event in story if event.event == "call-finished"
    )
    assert lost == 0


async def test_a_run_that_was_to_be_cancelled_pays_for_nothing_more(pool, make_engine, store):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await model.asked.wait()
    store.ask_cancel(spec.id)
    model.free.set()
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await engine.wait(spec.id)
    assert over.state == "cancelled"
    assert model.calls == 1


async def test_a_story_that_does_not_repeat_itself_ends_the_run(pool, make_engine, store):
    model = Model("bye", "hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await model.asked.wait()
        async for event in engine.events(spec.id):
            if event.seq == 1:
                break
    with store.database.begin() as connection:
        connection.execute(
            sa.update(events)
            .where(events.c.run == spec.id, events.c.seq == 1)
            .values(body=sa.func.replace(events.c.body, "Guess", "Guessed"))
        )
    model.free.set()
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await engine.wait(spec.id)
        story = await collect(engine, spec.id)
    assert over.state == "failed"
    assert "does not fit" in over.failure
    assert [event.seq for event in story] == [0, 1]
    assert model.calls == 1


async def test_a_tenants_line_does_not_hold_up_another_tenant(pool, make_engine):
    model = Model("hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        first = await specify()
        many = [first.model_copy(update={"id": f"{first.id}-{n:03}"}) for n in range(100)]
        for spec in many:
            await engine.start(spec)
        await asyncio.wait_for(model.busy.wait(), SOON_S)
        other = first.model_copy(update={"id": f"{first.id}-other", "tenant": "other"})
        await engine.start(other)
        model.free.set()
        over = await engine.wait(other.id)
        waiting = await engine.list(RunQuery(state="queued", limit=200))
    assert over.state == "certified"
    assert len(waiting.runs) > 50


async def test_executions_that_get_a_run_further_are_not_held_against_it(pool, make_engine, store):
    async with engine_over(pool, make_engine, Model("hello", held=True)) as (engine, specify):
        spec = await specify()
        store.prepare()
        store.add_run(spec, 1)
        counts = []
        for steps in (0, 0, 3, 3, 3, 4):
            store.begin_run(spec.id, "somebody", 0.0)
            counts.append(store.attempts(spec.id, steps))
        assert engine.running == 0
    assert counts == [1, 2, 1, 2, 3, 1]


async def test_a_nul_in_what_others_say_loses_no_run(pool, make_engine):
    async with engine_over(pool, make_engine, Model("hello")) as (engine, specify):
        spec = await specify()
        named = spec.request.model_copy(update={"model": "a\0b"})
        await engine.start(spec.model_copy(update={"request": named, "id": f"{spec.id}-x"}))
        over = await engine.wait(f"{spec.id}-x")
        odd = await engine.get("run_\0")
        listed = await engine.list(RunQuery(model="a\0b", domain="a\0", before="\0"))
    assert "has only the model" in over.failure
    assert (odd, listed.runs) == (None, ())


async def test_old_runs_are_forgotten(pool, make_engine, store):
    async with engine_over(pool, make_engine, Model("hello")) as (engine, specify):
        old, new = await specify(), await specify()
        for spec in (old, new):
            await engine.start(spec)
            await engine.wait(spec.id)
        with store.database.begin() as connection:
            connection.execute(sa.update(runs).where(runs.c.id == old.id).values(ended_at=1.0))
        gone = await engine.prune()
        assert await engine.get(old.id) is None
        assert await engine.get(new.id) is not None
        assert store.read_events(old.id, -1) == []
    assert gone == 1
