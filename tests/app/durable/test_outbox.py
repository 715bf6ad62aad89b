"""The end of a run is told at least once, whoever dies before it was told."""

import asyncio
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.durable.engine import DurableEngine, Room
from app.durable.location import locate, open_database
from app.durable.store import Store
from app.durable.tables import news
from app.engine import RunRecord
from tests.app.test_engine import SOON_S, Model, engine_over

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Listener:
    """Hears of the runs that are over, and may never be done with it."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.asked = asyncio.Event()
        self.heard: list[tuple[str, str]] = []

    async def __call__(self, record: RunRecord) -> None:
        self.asked.set()
        if self.deaf:
            await asyncio.Event().wait()
        self.heard.append((record.spec.id, record.state))


@pytest.fixture
def make_engine(database):
    """Make an engine that tells a listener."""
    location = locate(database)
    return lambda listener: (
        lambda make_run: DurableEngine(make_run, location, Room(), on_end=listener)
    )


@pytest.fixture
def store(database) -> Iterator[Store]:
    """What is in the database, seen from beside the engine."""
    store = Store(open_database(locate(database)))
    store.prepare()
    yield store
    store.database.dispose()


def untold(store: Store) -> list[str]:
    with store.database.connect() as connection:
        return list(connection.execute(sa.select(news.c.run)).scalars())


async def test_what_was_not_told_is_told_by_the_next_process(pool, make_engine, store):
    deaf, listener = Listener(deaf=True), Listener()
    async with engine_over(pool, make_engine(deaf), Model("hello")) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await asyncio.wait_for(deaf.asked.wait(), SOON_S)
    left = untold(store)
    async with engine_over(pool, make_engine(listener), Model()) as (engine, _):
        await engine.recover()
        await asyncio.wait_for(listener.asked.wait(), SOON_S)
    assert left == [spec.id]
    assert listener.heard == [(spec.id, "certified")]


async def test_what_was_told_is_not_told_again(pool, make_engine, store):
    listener = Listener()
    async with engine_over(pool, make_engine(listener), Model("hello")) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await asyncio.wait_for(listener.asked.wait(), SOON_S)
        async with asyncio.timeout(SOON_S):
            while untold(store):  # noqa: ASYNC110  # the row goes after the listener has heard
                await asyncio.sleep(0.01)
        again = await engine._outbox.tell_rest()
    assert again == 0
    assert len(listener.heard) == 1


async def test_what_is_deleted_is_told_no_more(pool, make_engine, store):
    deaf = Listener(deaf=True)
    async with engine_over(pool, make_engine(deaf), Model("hello")) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await engine.wait(spec.id)
        assert await engine.delete(spec.id)
    assert untold(store) == []
