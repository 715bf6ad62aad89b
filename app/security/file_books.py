"""FileBooks: keys in a file, accounts in memory; for one process.

Invariants:
    * The file is replaced as a whole, readable by its owner only; writers take turns (`flock`).
    * A changed file is read again, so whoever may write to it may make and revoke keys.
"""

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.ids import new_id
from app.security.books import Account, Amount, BooksAwayError, Claim, Grant, grant
from app.security.keys import Key

MAX_BYTES = 10_000_000


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: tuple[Key, ...] = ()


@dataclass(slots=True)
class _Charge:
    key: str
    day: str
    amount: Amount
    grant: Grant | None
    """While it is held."""


class FileBooks:
    """Keys of a file, and what they have spent since this process began."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self.path = path
        self._charges: dict[str, _Charge] = {}
        self._turn = threading.Lock()

    def prepare(self) -> None:
        """Do nothing: a file that is not there holds no keys."""

    def read_keys(self, known: object) -> tuple[object, Sequence[Key]] | None:
        """Read all keys, unless the file is still the known one.

        Raises:
            BooksAwayError: The file cannot be read, or holds something else.
        """
        try:
            about = self.path.stat()
        except FileNotFoundError:
            return None if known == "none" else ("none", ())
        except OSError as error:
            raise self._broken(error.strerror or "unreadable") from error
        mark = (about.st_ino, about.st_mtime_ns, about.st_size)
        return None if mark == known else (mark, self._read())

    def put_key(self, key: Key) -> None:
        """Add a key, or change it.

        Raises:
            BooksAwayError: The file cannot be read or written.
        """
        try:
            with self._writing():
                kept = {one.id: one for one in self._read()} | {key.id: key}
                self._write(_File(keys=tuple(kept.values())))
        except OSError as error:
            raise self._broken(error.strerror or "unwritable") from error

    def account(self, key: str, day: str) -> Account:
        """Say what a key has spent on a day."""
        with self._turn:
            return _sum(self._charges.values(), key, day)

    def reserve(self, key: Key, day: str, charge: str, claim: Claim) -> Grant:
        """Reserve what a run may spend."""
        with self._turn:
            known = self._charges.get(charge)
            if known is not None and known.grant is not None:
                return Grant(known.grant.tokens, known.grant.usd, known.amount, fresh=False)
            # Where a run that was over goes on, its charge stands open again.
            others = [
                one for name, one in self._charges.items() if name != charge or not claim.goes_on
            ]
            granted = grant(key.per_day, _sum(others, key.id, day), claim)
            if known is not None and not claim.goes_on:  # of a run that was deleted since
                self._charges[new_id("spend")] = known
            self._charges[charge] = _Charge(key.id, day, granted.held, granted)
            return granted

    def settle(self, charge: str, amount: Amount) -> None:
        """Put what was spent in the place of what was reserved."""
        with self._turn:
            known = self._charges.get(charge)
            if known is None or known.grant is None:
                return
            known.amount, known.grant = amount, None
            old = [
                name
                for name, one in self._charges.items()
                if one.grant is None and one.day < known.day
            ]
            for name in old:
                del self._charges[name]

    def release(self, charge: str) -> None:
        """Take back what was reserved."""
        with self._turn:
            known = self._charges.get(charge)
            if known is not None and known.grant is not None:
                del self._charges[charge]

    def held_by(self, key: str, most: int) -> list[str]:
        """List reservations that are not settled."""
        with self._turn:
            held = [
                name
                for name, one in self._charges.items()
                if one.key == key and one.grant is not None
            ]
            return held[:most]

    def close(self) -> None:
        """Hold nothing open."""

    def _read(self) -> tuple[Key, ...]:
        try:
            with self.path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            return _File.model_validate_json(content).keys
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._broken(error.strerror or "unreadable") from error
        except ValidationError as error:
            raise self._broken("it is no file of keys") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path.with_name(self.path.name + ".lock")
        lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, content: _File) -> None:
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(content.model_dump_json(indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        finally:
            Path(name).unlink(missing_ok=True)

    def _broken(self, why: str) -> BooksAwayError:
        return BooksAwayError(f"the file of keys `{self.path}` cannot be used: {why}")


def _sum(charges: Iterable[_Charge], key: str, day: str) -> Account:
    mine = [one for one in charges if (one.key, one.day) == (key, day)]
    spent = sum((one.amount for one in mine if one.grant is None), Amount())
    held = sum((one.amount for one in mine if one.grant is not None), Amount())
    return Account(spent, held)
