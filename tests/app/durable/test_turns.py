"""Who writes to a file stands in line, and one flush serves many commits."""

import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.durable.flushing import Flusher
from app.durable.location import locate, open_database
from app.durable.turns import Turns, connect_in_turn, take_turns

WAIT_S = 120.0


def test_the_turn_goes_to_who_has_waited_longest() -> None:
    """A plain lock would let anybody in."""
    turns, took = Turns(), list[int]()
    assert turns.take(0.0)

    def wait(number: int) -> None:
        assert turns.take(WAIT_S)
        took.append(number)
        turns.give()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(4)]
    for place, thread in enumerate(threads, 1):
        thread.start()
        while len(turns._line) < place:
            pass
    turns.give()
    for thread in threads:
        thread.join()
    assert took == [0, 1, 2, 3]


def test_who_waits_too_long_leaves_the_line() -> None:
    """It tries without its turn, and the next one is not kept from theirs."""
    turns = Turns()
    assert turns.take(0.0)
    assert not turns.take(0.001)
    turns.give()
    assert turns.take(0.0)


def counted(database: sa.Engine) -> int:
    """Count the rows."""
    with database.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM t")).scalar_one())


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    """Open a file with a table."""
    database = open_database(locate(f"sqlite:///{tmp_path}/file.db"))
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a)"))
    return database


def test_many_threads_write_and_nothing_is_lost(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each commit is flushed, most of them together with others; no turn is kept after a fault."""
    flushes, plain = list[int](), os.fsync

    def flush(descriptor: int) -> None:
        flushes.append(descriptor)
        plain(descriptor)

    monkeypatch.setattr("os.fsync", flush)

    def write_wrongly() -> None:
        with database.begin() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (2)"))
            connection.execute(sa.text("INSERT INTO missing VALUES (2)"))

    def write() -> None:
        for _ in range(20):
            with database.begin() as connection:
                connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            with pytest.raises(sa.exc.DBAPIError):
                write_wrongly()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(database) == 120
    assert 0 < len(flushes) <= 121 + 1
    database.dispose()


def test_a_commit_counts_only_when_it_is_on_the_disk(
    database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses is a database that is away, and the next flush covers what it missed."""

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        with pytest.raises(OperationalError, match="disk I/O"), database.begin() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    with database.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (2)"))
    assert counted(database) in {1, 2}
    database.dispose()


def test_whoever_waits_is_served_by_the_flush_of_another(tmp_path: Path) -> None:
    """While one flushes, others gather; the next flush serves them all."""
    flusher, flushed, go = Flusher(tmp_path / "file.db"), list[int](), threading.Event()

    def flush() -> None:
        flushed.append(1)
        assert go.wait(WAIT_S)

    flusher._flush = flush  # type: ignore[method-assign]  # the disk, which is to be slow
    threads = []
    for number in range(5):
        flusher.note()
        threads.append(threading.Thread(target=flusher.wait))
        threads[-1].start()
        while number == 0 and not flushed:
            pass
    while sum(thread.is_alive() for thread in threads) < 5:
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert len(flushed) <= 3  # the first, the others', and that of one who came too late for it
    flusher.wait()
    assert len(flushed) <= 3


def test_a_fault_of_the_disk_is_told_to_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody waits for ever for a flush that failed."""
    (tmp_path / "file.db-wal").touch()
    flusher = Flusher(tmp_path / "file.db")
    flusher.note()

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        with pytest.raises(sqlite3.OperationalError):
            flusher.wait()
    flusher.wait()


class Counted:
    """A disk that counts what it is told of."""

    def __init__(self) -> None:
        self.noted = 0

    def note(self) -> None:
        self.noted += 1

    def wait(self) -> None:
        pass


def test_a_commit_without_its_turn_waits_for_the_disk_too(tmp_path: Path) -> None:
    """Who waited too long writes all the same, as far as SQLite lets them."""
    disk = Counted()
    kind = connect_in_turn(disk)
    database = sa.create_engine(f"sqlite:///{tmp_path}/file.db", connect_args={"factory": kind})
    take_turns(database, timeout_s=0.001)
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (n INTEGER)"))
    assert kind.turns.take(0.0)  # somebody else's turn
    with database.begin() as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    assert (counted(database), disk.noted) == (1, 1)
    kind.turns.give()
    database.dispose()
