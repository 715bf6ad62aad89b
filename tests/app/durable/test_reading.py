"""Kept runs are read beside whoever keeps them, and nothing is written."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from app.durable.folding import LONG
from app.durable.location import locate, open_database
from app.durable.reading import read_runs
from app.durable.store import PAGE, Store
from app.durable.tables import VERSION
from app.engine import RunRecord, RunSpec
from app.failures import ServiceError
from app.flywheel.stored import read_store
from app.protocol import SolveRequest
from app.settings import Settings
from backprompt.events import NoCandidate, RunStarted
from tests.played_runs import play

pytestmark = pytest.mark.usefixtures("word")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def keep(store: Store, name: str, tenant: str, minutes: int, *, over: bool = True, more: int = 0):
    """Keep a run as the engine does; `more` adds events that say nothing."""
    journal = play("word", {"word": "hello"}, "salut", "hello")
    begun = journal.events[0]
    assert isinstance(begun, RunStarted)
    spec = RunSpec(
        id=name,
        request=SolveRequest(domain="word", problem={"word": "hello"}),
        task=begun.task,
        strategy=begun.strategy,
        budget=begun.budget,
        created_at=BEGAN + timedelta(minutes=minutes),
        tenant=tenant,
    )
    store.add_run(spec, 100)
    long = begun.task.model_copy(update={"instructions": "x" * (LONG + 1)})
    events = [begun.model_copy(update={"task": long}), *journal.events[1:]]
    events += [NoCandidate(call=0, seq=len(events) + number) for number in range(more)]
    store.add_events((name, event) for event in events)
    if over:
        store.end_run(RunRecord(spec=spec, state="certified", ended_at=BEGAN))


@pytest.fixture
def kept(database):
    """A database with the connections of whoever keeps runs in it."""
    engine = open_database(locate(database), synchronous="NORMAL")
    store = Store(engine)
    store.prepare()
    yield database, store
    engine.dispose()


def test_runs_that_are_over_are_read_whole_and_newest_first(kept):
    url, store = kept
    keep(store, "run_1", "local", 1, more=PAGE)
    keep(store, "run_2", "acme", 2)
    keep(store, "run_3", "local", 3, over=False)
    keep(store, "run_4", "local", 4)
    found = list(read_runs(locate(url)))
    assert [record.spec.id for record, _ in found] == ["run_4", "run_2", "run_1"]
    for _, events in found:
        assert [event.seq for event in events] == list(range(len(events)))
    assert len(found[2][1]) == len(found[1][1]) + PAGE
    assert found[2][1][0].task.instructions == "x" * (LONG + 1)
    assert [r.spec.id for r, _ in read_runs(locate(url), "acme")] == ["run_2"]


def test_more_runs_than_a_page_are_read_once_each(kept, monkeypatch):
    monkeypatch.setattr("app.durable.reading.RUNS", 2)
    url, store = kept
    for number in range(5):
        keep(store, f"run_{number}", "local", number)
    names = [record.spec.id for record, _ in read_runs(locate(url))]
    assert names == ["run_4", "run_3", "run_2", "run_1", "run_0"]


def test_a_tenant_is_read_by_name_and_others_are_not(kept):
    url, store = kept
    keep(store, "run_1", "local", 1)
    keep(store, "run_2", "acme", 2)
    settings = Settings(database_url=SecretStr(url))
    for asked, names in ((None, {"run_1"}), ("acme", {"run_2"}), ("*", {"run_1", "run_2"})):
        episodes = list(read_store(settings, asked))
        assert {episode.name for episode in episodes} == names
        for episode in episodes:
            assert (episode.source, episode.at.year) == ("store", 2026)
            assert [attempt.certified for attempt in episode.attempts] == [False, True]


def test_nothing_can_be_written(kept):
    url, store = kept
    keep(store, "run_1", "local", 1)
    seen = list[sa.Engine]()
    reading = read_runs(locate(url))
    original = Store.__init__

    def note(self, database):
        seen.append(database)
        original(self, database)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "__init__", note)
        next(reading)
    with pytest.raises(sa.exc.SQLAlchemyError, match=r"(?i)read-?only"):
        Store(seen[0]).delete_run("run_1")
    reading.close()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ((), "no such table"),
        (("CREATE TABLE modulo_schema (version INTEGER PRIMARY KEY)",), "of version None"),
        (
            (
                "CREATE TABLE modulo_schema (version INTEGER PRIMARY KEY)",
                "INSERT INTO modulo_schema VALUES (99)",
            ),
            f"of version 99; this program reads {VERSION}",
        ),
    ],
)
def test_a_database_of_others_is_refused(tmp_path, made, why):
    path = tmp_path / "some.db"
    with sqlite3.connect(path) as connection:
        for statement in made:
            connection.execute(statement)
    connection.close()
    with pytest.raises(ServiceError, match=why) as caught:
        list(read_runs(locate(f"sqlite:///{path}")))
    assert caught.value.code == "settings-invalid"


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    path = tmp_path / "odd #name?.db"
    with pytest.raises(ServiceError, match="does not exist"):
        list(read_runs(locate(f"sqlite:///{tmp_path}/none.db")))
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"\xff" * 9000)
    url = sa.URL.create("sqlite", database=str(path)).render_as_string()
    with pytest.raises(ServiceError, match="not a database"):
        list(read_runs(locate(url)))


def test_runs_that_end_with_their_service_cannot_be_read():
    with pytest.raises(ServiceError, match="no database keeps runs"):
        list(read_store(Settings(database_url=SecretStr("memory:")), None))
