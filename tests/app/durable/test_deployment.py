"""Another program finds what an older one left unfinished."""

import asyncio

import pytest

from app.durable import workflows
from app.durable.engine import DurableEngine, Room
from app.durable.location import locate
from app.durable.recorder import Recorder
from critics.types import Judgement
from tests.app.durable.test_engine import Stalling
from tests.app.test_engine import SOON_S, collect, engine_over

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def make_engine(database):
    """Make an engine of one database, again and again."""
    return lambda make_run: DurableEngine(make_run, locate(database), Room())


async def leave_unfinished(pool, make_engine, model: Stalling):
    """Begin a run, and hand it over during its second call."""
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await asyncio.wait_for(model.stalled.wait(), SOON_S)
    return spec


async def test_the_same_version_goes_on(pool, make_engine):
    model = Stalling("bye", "hello")
    spec = await leave_unfinished(pool, make_engine, model)
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await asyncio.wait_for(engine.wait(spec.id), SOON_S)
    assert (over.state, model.calls) == ("certified", 2)


async def test_a_program_that_takes_other_steps_ends_the_run(pool, make_engine, monkeypatch):
    async def judge(self: Recorder, text: str) -> Judgement:
        await self.feasibility()
        return await self._live.judge(text)

    model = Stalling("bye", "hello")
    spec = await leave_unfinished(pool, make_engine, model)
    monkeypatch.setattr(Recorder, "judge", judge)
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await asyncio.wait_for(engine.wait(spec.id), SOON_S)
        story = await collect(engine, spec.id)
    assert (over.state, model.calls) == ("failed", 1)
    assert "does not fit to this version" in over.failure
    assert [event.seq for event in story] == list(range(len(story)))


async def test_another_version_leaves_it_to_a_process_of_the_old_one(
    pool, make_engine, monkeypatch
):
    model = Stalling("bye", "hello")
    old = await leave_unfinished(pool, make_engine, model)
    with monkeypatch.context() as newer:
        newer.setattr(workflows, "VERSION", f"{workflows.VERSION}-newer")
        async with engine_over(pool, make_engine, model) as (engine, specify):
            await engine.recover()
            new = await specify()
            await engine.start(new)
            done = await asyncio.wait_for(engine.wait(new.id), SOON_S)
            waiting = await engine.get(old.id)
    assert (done.state, model.calls) == ("certified", 3)
    assert not waiting.over
    async with engine_over(pool, make_engine, model) as (engine, _):
        await engine.recover()
        over = await asyncio.wait_for(engine.wait(old.id), SOON_S)
    assert (over.state, over.result.answer, model.calls) == ("certified", "hello", 4)
