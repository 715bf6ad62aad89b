"""location: where runs are kept, from `database_url`; opens the database and locks a file.

Invariants:
    * A file belongs to one process: another one that opens it is refused, not let in to spoil it.
    * A password in a URL is in no message.
"""

import errno
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError

from app.durable.flushing import Flusher
from app.durable.turns import connect_in_turn, take_turns
from app.failures import ServiceError

BUSY_MS = 30_000
"""Milliseconds that one connection to a file waits for another one of the same process."""
POOL = 20
"""Connections of one replica to PostgreSQL, for the engine and for us each."""
FILE_POOL = 32
"""Connections to a file: at least one for each thread that uses it, so that none waits for one."""


@dataclass(frozen=True, slots=True)
class Location:
    """A database.

    Attributes:
        kind: Which one.
        url: As SQLAlchemy takes it.
        path: Of a file.
    """

    kind: Literal["sqlite", "postgresql"]
    url: sa.URL
    path: Path | None = None

    @property
    def shared(self) -> bool:
        """Say whether several processes may use it."""
        return self.kind == "postgresql"


def locate(url: str) -> Location:
    """Read a database URL.

    Raises:
        ServiceError: `settings-invalid`.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number
        raise _unusable("is no database URL") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise _unusable("names no file")
        return Location("sqlite", parsed, Path(parsed.database).resolve())
    if backend in {"postgresql", "postgres"}:
        return Location("postgresql", parsed.set(drivername="postgresql+psycopg"))
    raise _unusable(f"names `{backend}`, which is not known")


def _unusable(why: str) -> ServiceError:
    return ServiceError(
        "settings-invalid",
        f"setting `database_url` {why}",
        help=["set `MODULO_DATABASE_URL` to `sqlite:///…/file.db`, `postgresql://…` or `memory:`"],
    )


def open_database(location: Location, *, synchronous: str = "FULL") -> sa.Engine:
    """Make the connections; none is opened yet.

    Args:
        location: The database.
        synchronous: When a commit to a file is on the disk (SQLite's `synchronous`).
    """
    if location.shared:
        return sa.create_engine(location.url, pool_size=POOL, max_overflow=0, pool_pre_ping=True)
    flush = Flusher(location.path) if synchronous == "FULL" and location.path else None
    arguments = {"check_same_thread": False, "factory": connect_in_turn(flush)}
    engine = sa.create_engine(
        location.url, pool_size=FILE_POOL, max_overflow=0, connect_args=arguments
    )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # `FULL` is up to the flusher

    event.listen(engine, "connect", prepare)
    take_turns(engine, BUSY_MS / 1000)
    return engine


def lock_file(path: Path) -> Callable[[], None]:
    """Take a database file for this process.

    Returns:
        A function that gives it back; the system does so, too, when the process ends.

    Raises:
        ServiceError: `database-in-use`; `settings-invalid`: the folder cannot be written.
    """
    beside = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with suppress(FileExistsError):  # closing it would drop SQLite's own locks on it (POSIX)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(path, flags, 0o600))  # prompts are in it
    except OSError as error:
        raise ServiceError(
            "settings-invalid", f"the database `{path}` cannot be opened: {error.strerror}"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise ServiceError(
            "database-in-use",
            f"process {holder or 'unknown'} keeps its runs in `{path}`, which only one can do",
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode("ascii"))
    return lambda: os.close(descriptor)
