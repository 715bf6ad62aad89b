"""Log: an append-only, hash-chained record of every certificate that was issued.

One JSON object a line, written in one way only. Each entry names the hash of the one before, so
whoever remembers the latest hash (the *head*) can tell whether anything was changed, removed,
inserted or put into another order since. Beside the log lies a folder with the certificates.

Invariants:
    * An entry is on the disk (fsync) before its certificate is handed out.
    * Processes take turns (`flock`), so the chain has no branches.
    * Nothing is ever rewritten. Only the rest of a line whose writing was cut off, and whose
      certificate nobody has, is removed by the next entry.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from critics.envelope import open_envelope
from critics.statement import read_statement
from critics.types import KernelError
from critics.verification import open_certificate

START = "0" * 64
"""What the first entry names as its predecessor."""
TAIL_BYTES = 4096
"""Longer than any entry."""
MAX_CERTIFICATE_BYTES = 64 << 20
_ID = re.compile(r"cert_[0-9A-Z]{26}")


class LogError(Exception):
    """The log cannot be read, written or believed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One issued certificate.

    Attributes:
        index: Position, from 0.
        at: When it was written, UTC.
        certificate: The certificate's id.
        payload_sha256: SHA-256 of the signed bytes.
        previous: The hash of the entry before.
    """

    index: int
    at: str
    certificate: str
    payload_sha256: str
    previous: str

    @property
    def hash(self) -> str:
        """SHA-256 over the entry's JSON without its hash, in hexadecimal."""
        return hashlib.sha256(_write(asdict(self))).hexdigest()

    def to_line(self) -> bytes:
        """Write it as its line, without the line's end."""
        return _write({**asdict(self), "hash": self.hash})


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of reading a log from its beginning.

    Attributes:
        entries: How many hold together, from the first.
        head: The hash of the last of these.
        fault: Why no more do, if there is more.
        seen: Whether the remembered head was among them, if one was asked for.
    """

    entries: int
    head: str
    fault: str | None = None
    seen: bool | None = None

    @property
    def intact(self) -> bool:
        """Say whether the whole log holds together and nothing is missing at its end."""
        return self.fault is None and self.seen is not False


@dataclass(frozen=True, slots=True)
class CertificateLog:
    """The log in one file.

    Attributes:
        path: The file; it need not exist yet.
    """

    path: Path

    @property
    def folder(self) -> Path:
        """Where the certificates lie."""
        return self.path.with_name(f"{self.path.name}.d")

    def prepare(self) -> str | None:
        """Make the log's place; say what stands in the way of writing there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                return None
        except OSError as error:
            return f"the log `{self.path}` cannot be written: {error.strerror}"

    def append(self, envelope: Mapping[str, Any]) -> Entry:
        """Keep a certificate and enter it.

        Raises:
            LogError: The log cannot be written, or its end cannot be read.
        """
        payload = open_envelope(envelope).payload
        name = read_statement(payload).id
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked() as log:
                last = _last(log)
                entry = Entry(
                    index=last.index + 1 if last else 0,
                    at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                    certificate=name,
                    payload_sha256=hashlib.sha256(payload).hexdigest(),
                    previous=last.hash if last else START,
                )
                self._keep(name, json.dumps(envelope, separators=(",", ":")).encode())
                line = entry.to_line() + b"\n"
                if os.write(log, line) < len(line):
                    raise LogError(f"`{self.path}` cannot be written: no space is left")
                os.fsync(log)
        except OSError as error:
            raise LogError(f"`{self.path}` cannot be written: {error.strerror}") from error
        return entry

    def find(self, name: str) -> bytes | None:
        """Give a certificate by its id, as it was issued.

        Raises:
            LogError: It is there and cannot be read.
        """
        if not _ID.fullmatch(name):
            return None
        try:
            return (self.folder / f"{name}.json").read_bytes()[:MAX_CERTIFICATE_BYTES]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LogError(f"`{name}` cannot be read: {error.strerror}") from error

    def read(self) -> Iterator[Entry]:
        """Give every entry, each checked against the one before.

        Raises:
            LogError: An entry was changed, removed, inserted or moved.
        """
        previous, index = START, 0
        try:
            with self.path.open("rb") as lines:
                for line in lines:
                    entry = read_entry(line, index)
                    if (entry.index, entry.previous) != (index, previous):
                        raise LogError(f"entry {index} does not follow the one before it")
                    previous, index = entry.hash, index + 1
                    yield entry
        except FileNotFoundError:
            raise LogError(f"there is no log `{self.path}`") from None
        except OSError as error:
            raise LogError(f"`{self.path}` cannot be read: {error.strerror}") from error

    def audit(self, head: str | None = None) -> Audit:
        """Read the whole log and its certificates.

        Args:
            head: A hash that was the latest once; it must still be in the chain.
        """
        count, latest, seen = 0, START, None if head is None else head == START
        try:
            for entry in self.read():
                self._compare(entry)
                count, latest = count + 1, entry.hash
                seen = seen or (None if head is None else latest == head)
        except LogError as error:
            return Audit(count, latest, str(error), seen)
        return Audit(count, latest, None, seen)

    def _compare(self, entry: Entry) -> None:
        kept = self.find(entry.certificate)
        if kept is None:
            raise LogError(f"the certificate of entry {entry.index} is missing")
        try:
            opened = open_certificate(kept)
        except KernelError as error:
            raise LogError(f"the certificate of entry {entry.index} was altered") from error
        if hashlib.sha256(opened.statement).hexdigest() != entry.payload_sha256:
            raise LogError(f"the certificate of entry {entry.index} was altered")

    def _keep(self, name: str, content: bytes) -> None:
        """Write a certificate's file whole or not at all."""
        part = self.folder / f"{name}.part"
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / f"{name}.json")

    @contextmanager
    def _locked(self) -> Iterator[int]:
        log = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(log, fcntl.LOCK_EX)
            yield log
        finally:
            os.close(log)


def read_entry(line: bytes, index: int) -> Entry:
    """Read one line; there is one way only to write it.

    Raises:
        LogError: It is no entry, or not as it was written.
    """
    if not line.endswith(b"\n"):
        raise LogError(f"entry {index} is cut off")
    try:
        held = json.loads(line)
        found = held.pop("hash")
        entry = Entry(**held)
        written = entry.to_line() + b"\n"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise LogError(f"entry {index} is no entry of a log") from None
    texts = (entry.at, entry.certificate, entry.payload_sha256, entry.previous)
    if not all(isinstance(text, str) for text in texts) or type(entry.index) is not int:
        raise LogError(f"entry {index} is no entry of a log")
    if written != line or entry.hash != found:
        raise LogError(f"entry {index} was altered")
    return entry


def _last(log: int) -> Entry | None:
    """Read the last entry, and cut off what was never finished behind it."""
    size = os.fstat(log).st_size
    tail = os.pread(log, TAIL_BYTES, max(0, size - TAIL_BYTES))
    finished, _, rest = tail.rpartition(b"\n")
    if rest:
        os.ftruncate(log, size - len(rest))
    if not finished:
        if size - len(rest):
            raise LogError("its last entry cannot be read")
        return None
    line = finished.rpartition(b"\n")[2]
    return read_entry(line + b"\n", -1)


def _write(held: Mapping[str, Any]) -> bytes:
    return json.dumps(held, sort_keys=True, separators=(",", ":")).encode()
