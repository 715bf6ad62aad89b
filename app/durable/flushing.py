"""flushing: many commits to a file reach the disk with one `fsync`.

SQLite waits for the disk within each transaction, so that there are never more of them in a second
than the disk can flush. Here a transaction ends without waiting (`synchronous=NORMAL` with a
write-ahead log, which is consistent after a power cut but may lack the latest commits); whoever
used the file then waits until the log is on the disk as it was when they ended, and one flush
serves all who wait. That is what `synchronous=FULL` promises, for the price of fewer flushes.

Invariant: nobody gets to know of a commit, by making it or by reading, before it is on the disk.
"""

import os
import threading
from pathlib import Path
from sqlite3 import OperationalError


class Flusher:
    """Puts the write-ahead log of a file on the disk."""

    def __init__(self, path: Path) -> None:
        """Flush what is committed to a file from now on."""
        self._log = path.with_name(path.name + "-wal")
        self._changed = threading.Condition()
        self._committed = 0
        self._flushed = 0
        self._busy = False
        self._named: int | None = None
        """The log whose name is on the disk, too."""

    def note(self) -> None:
        """Note that something was committed."""
        with self._changed:
            self._committed += 1

    def wait(self) -> None:
        """Wait until everything that is committed is on the disk.

        Raises:
            OperationalError: The disk refused it.
        """
        with self._changed:
            mine = self._committed
        while (upto := self._lead(mine)) is not None:
            done = self._flushed
            try:
                self._flush()
                done = upto
            except OSError as error:
                raise OperationalError(f"disk I/O error: {error.strerror}") from error
            finally:
                with self._changed:
                    self._busy, self._flushed = False, done
                    self._changed.notify_all()

    def _lead(self, mine: int) -> int | None:
        """Wait for the flush under way; gives up to where to flush next, `None` if that is done."""
        with self._changed:
            while self._busy and self._flushed < mine:
                self._changed.wait()
            if self._flushed >= mine:
                return None
            self._busy = True
            return self._committed

    def _flush(self) -> None:
        try:
            log = os.open(self._log, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # the last connection was closed, which puts all into the file
            return
        try:
            os.fsync(log)
            name = os.fstat(log).st_ino
        finally:
            os.close(log)
        if name != self._named:
            folder = os.open(self._log.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._named = name
