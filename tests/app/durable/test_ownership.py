"""Who has lost a run to another process writes nothing more to it, and pays for nothing more."""

import asyncio

import pytest
import sqlalchemy as sa

from app.durable.engine import DurableEngine, Room
from app.durable.location import locate
from tests.app.test_engine import SOON_S, Model, engine_over

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def make_engine(database):
    """Make an engine of one database."""
    return lambda make_run: DurableEngine(make_run, locate(database), Room())


def take_away(run_id: str) -> None:
    """Make somebody else the owner of a run, as its recovery does."""
    from dbos._dbos import _get_dbos_instance  # noqa: PLC0415  # there is one while it runs

    database = _get_dbos_instance()._sys_db
    table = database.tables.workflow_status
    with database.engine.begin() as connection:
        changed = connection.execute(
            sa.update(table).where(table.c.workflow_uuid == run_id).values(owner_xid="another")
        )
    assert changed.rowcount == 1


async def test_who_has_lost_a_run_stores_no_result(pool, make_engine, caplog):
    model = Model("bye", "hello", held=True)
    async with engine_over(pool, make_engine, model) as (engine, specify):
        spec = await specify()
        await engine.start(spec)
        await asyncio.wait_for(model.asked.wait(), SOON_S)
        over = engine._local[spec.id].over
        await asyncio.to_thread(take_away, spec.id)
        before = await engine._workflows.past(spec.id)  # what was being stored is there, or never
        model.free.set()
        await asyncio.wait_for(over.wait(), SOON_S)
        after = await engine._workflows.past(spec.id)
        left = await engine.get(spec.id)
    assert after == before
    assert left.state == "running"  # its owner goes on with it
    assert model.calls == 1
    assert f"{spec.id} is executed elsewhere" in caplog.text
