"""turns: who writes to a file next, in the order in which they asked.

SQLite lets one connection write at a time and has the others sleep and try again, each by itself:
with many of them one may find the file taken for half a minute, while others that came later have
written a hundred times. Here they wait in line, in the process, without a look at the file.

Invariants:
    * A turn lasts from the first statement that writes to the end of its transaction.
    * Nobody waits for the disk while it is their turn.
"""

import sqlite3
import threading
from collections import deque
from contextlib import suppress
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import event

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
"""First words of the statements before which `sqlite3` begins a transaction."""


class Turns:
    """A lock that is handed to who has waited longest; `threading.Lock` lets anybody in."""

    def __init__(self) -> None:
        """Nobody has the turn."""
        self._guard = threading.Lock()
        self._taken = False
        self._line: deque[threading.Lock] = deque()

    def take(self, timeout_s: float) -> bool:
        """Wait for the turn; says whether it came in time."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            place = threading.Lock()
            place.acquire()
            self._line.append(place)
        if place.acquire(timeout=timeout_s):
            return True
        with self._guard:
            if place in self._line:
                self._line.remove(place)
                return False
        return True  # it came at the very last moment

    def give(self) -> None:
        """Hand the turn to who is next."""
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._taken = False


class Flush(Protocol):
    """Puts on the disk what is committed."""

    def note(self) -> None:
        """Note that something was committed."""
        ...

    def wait(self) -> None:
        """Wait until everything that is committed is on the disk."""
        ...


class SharedConnection(sqlite3.Connection):
    """A connection to a file that waits for its turn to write, and then for the disk."""

    turns: Turns
    flush: Flush | None = None
    held = False
    wrote = False
    """Whether the transaction has written anything, in its turn or without."""

    def commit(self) -> None:
        """Commit, let the next one write, and wait until it is on the disk.

        Raises:
            sqlite3.OperationalError: It is not known to be.
        """
        super().commit()
        if self.wrote and self.flush is not None:
            self.flush.note()
        self._give()
        if self.flush is not None:
            self.flush.wait()

    def rollback(self) -> None:
        """End a transaction that wrote nothing; what it read is on the disk, too."""
        super().rollback()
        self._give()
        if self.flush is not None:
            with suppress(sqlite3.OperationalError):  # whoever wrote it is told
                self.flush.wait()

    def close(self) -> None:
        """End the connection."""
        super().close()
        self._give()

    def _give(self) -> None:
        self.wrote = False
        if self.held:
            self.held = False
            self.turns.give()


def connect_in_turn(flush: Flush | None) -> type[SharedConnection]:
    """Make the class of all connections to one file; without a flush none waits for the disk."""
    return type("TurnConnection", (SharedConnection,), {"turns": Turns(), "flush": flush})


def take_turns(engine: sa.Engine, timeout_s: float) -> None:
    """Have connections wait for their turn before they write.

    Args:
        engine: Makes the connections, of a class that `connect_in_turn` made.
        timeout_s: Seconds after which one tries without its turn, and leaves it to SQLite.
    """

    def before(conn: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        raw = conn.connection.dbapi_connection
        if (
            isinstance(raw, SharedConnection)
            and not raw.wrote
            and statement.lstrip()[:7].upper().startswith(WRITES)
        ):
            raw.wrote = True
            raw.held = raw.turns.take(timeout_s)

    event.listen(engine, "before_cursor_execute", before)
