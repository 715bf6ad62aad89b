"""A database that is away for a while costs no run; a client is told instead of kept waiting."""

import pytest
from sqlalchemy.exc import OperationalError

from app.durable import patience
from app.durable.patience import Patience
from app.failures import ServiceError


class Database:
    """Is away for so many calls."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.calls = 0

    def __call__(self, word: str) -> str:
        self.calls += 1
        if self.calls <= self.away:
            raise OperationalError("SELECT", {}, Exception("the disk is full"))
        return word


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(patience, "AGAIN_S", 0.0)


async def test_a_run_waits_until_the_database_is_back(caplog):
    calls, database = Patience(lambda: False), Database(away=50)
    assert await calls.call(database, "back") == "back"
    calls.close()
    assert database.calls == 51
    assert [record.getMessage() for record in caplog.records] == [
        "the database is away: the disk is full"
    ]


async def test_a_client_is_told_that_the_database_is_away(monkeypatch):
    monkeypatch.setattr(patience, "AWAY_S", 0.01)
    calls = Patience(lambda: False)
    with pytest.raises(ServiceError) as caught:
        await calls.ask(Database(away=10**9), "back")
    calls.close()
    assert (caught.value.code, caught.value.status) == ("database-away", 503)
    assert caught.value.headers["Retry-After"]


async def test_nobody_waits_for_a_database_where_the_process_ends():
    calls, database = Patience(lambda: True), Database(away=1)
    with pytest.raises(OperationalError):
        await calls.call(database, "back")
    with pytest.raises(ServiceError):
        await calls.ask(Database(away=1), "back")
    calls.close()
    assert database.calls == 1
