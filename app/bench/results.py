"""Results: the folder of a benchmark, which survives whatever ends the process.

    bench.json          the suite, and the versions that ran it
    cells.jsonl         one line per finished cell, appended and synced
    journals/           the record of every run, one file each
    unfinished/         records of runs under way: calls that were paid are played again
    certificates/       what was certified

Invariants:
    * A line of `cells.jsonl` is complete or is not counted: what a crash has cut off is dropped.
    * One process at a time writes to a folder.
    * A folder belongs to one suite; another suite is refused unless the caller extends it.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from app.bench.cells import Cell, CellRecord
from app.failures import ServiceError
from backprompt.events import CallFinished, Event
from backprompt.journal import Journal
from backprompt.upstream import Completion

HEADER, CELLS, LOCK = "bench.json", "cells.jsonl", ".lock"
PARTS = ("suite", "strategies", "upstreams", "problems")
"""Parts of a header, each with names and what they stand for."""
JOURNALS, UNFINISHED, CERTIFICATES = "journals", "unfinished", "certificates"


class Results:
    """What a benchmark has found so far.

    Attributes:
        folder: Where it lies.
        records: The latest record of each cell, by key.
    """

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self.folder = folder
        self.records: dict[str, CellRecord] = {}
        for record in _read(folder / CELLS):
            self.records[record.key] = record

    @property
    def header(self) -> dict[str, Any] | None:
        """What the folder was begun with; `None` if it is new."""
        try:
            text = (self.folder / HEADER).read_text("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            header = json.loads(text)
        except ValueError:
            header = None
        if not isinstance(header, dict):
            raise ServiceError("bench-invalid", f"`{self.folder / HEADER}` was damaged")
        return header

    def is_finished(self, cell: Cell) -> bool:
        """Say whether a cell need not be run: it was, and no failing upstream ended it."""
        record = self.records.get(cell.key)
        return record is not None and record.status not in {"failed", "cancelled"}

    @contextmanager
    def opened(self, header: dict[str, Any], *, extend: bool) -> Iterator[None]:
        """Hold the folder for writing.

        Args:
            header: The suite and the versions.
            extend: Whether a folder of another suite is taken over; its cells stay, and count
                where the new suite has the same ones.

        Raises:
            ServiceError: `bench-changed`, `bench-busy`, or it cannot be written.
        """
        try:
            for name in ("", JOURNALS, UNFINISHED, CERTIFICATES):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            with (self.folder / LOCK).open("w", encoding="utf-8") as lock:
                _hold(lock, self.folder)
                self._begin(header, extend=extend)
                _mend_end(self.folder / CELLS)
                yield
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def add(self, record: CellRecord) -> None:
        """Keep a finished cell: it is on the disk when this returns."""
        self.records[record.key] = record
        with (self.folder / CELLS).open("a", encoding="utf-8") as file:
            file.write(f"{record.model_dump_json(exclude_defaults=True)}\n")
            file.flush()
            os.fsync(file.fileno())

    def recorded(self, cell: Cell) -> list[Completion]:
        """Give the answers that an interrupted run of this cell had already been given."""
        path = self.folder / UNFINISHED / f"{cell.slug}.jsonl"
        if not path.exists():
            return []
        calls: dict[int, Completion] = {}
        for line in _whole_lines(path):
            try:
                events = Journal.load([line]).events
            except ValueError:
                continue
            calls |= {e.call: e.completion for e in events if isinstance(e, CallFinished)}
        return list(_unbroken(calls))

    @contextmanager
    def following(self, cell: Cell, journal: Journal) -> Iterator[None]:
        """Write a run's events down as they come."""
        path = self.folder / UNFINISHED / f"{cell.slug}.jsonl"
        with path.open("a", encoding="utf-8") as file:

            def keep(event: Event) -> None:
                file.write(f"{event.model_dump_json()}\n")
                if isinstance(event, CallFinished):
                    file.flush()
                    os.fsync(file.fileno())

            journal.subscribe(keep)
            yield

    def keep_journal(self, cell: Cell, journal: Journal) -> None:
        """Write the record of a finished run down."""
        lines = "".join(f"{line}\n" for line in journal.dump())
        (self.folder / JOURNALS / f"{cell.slug}.jsonl").write_text(lines, "utf-8")

    def close(self, cell: Cell) -> None:
        """Forget what was kept for the case that a run is interrupted."""
        (self.folder / UNFINISHED / f"{cell.slug}.jsonl").unlink(missing_ok=True)

    def keep_certificate(self, cell: Cell, certificate: dict[str, Any]) -> None:
        """Write a certificate down."""
        text = json.dumps(certificate, separators=(",", ":"))
        (self.folder / CERTIFICATES / f"{cell.slug}.json").write_text(text, "utf-8")

    def select(self, cells: Iterable[Cell]) -> list[CellRecord]:
        """Give the records of these cells, named as the suite names them now."""
        found = ((cell, self.records.get(cell.key)) for cell in cells)
        return [
            record.model_copy(
                update={
                    "problem": cell.problem.id,
                    "group": cell.problem.group or cell.problem.domain,
                    "solvable": cell.problem.solvable,
                    "strategy": cell.strategy,
                    "upstream": cell.upstream,
                }
            )
            for cell, record in found
            if record is not None
        ]

    def _begin(self, header: dict[str, Any], *, extend: bool) -> None:
        known = self.header or {}
        changed = find_change(known, header)
        if changed is not None and not extend:
            raise ServiceError(
                "bench-changed",
                f"`{self.folder}` was begun with another suite: {changed} has changed",
                help=[
                    "go on with `--extend`: unchanged cells are kept, all others are run",
                    "or begin anew with another `--out`",
                ],
            )
        kept = {name: {**known.get(name, {}), **header[name]} for name in PARTS}
        text = json.dumps({**header, **kept}, indent=2)
        (self.folder / HEADER).write_text(f"{text}\n", "utf-8")


def find_change(known: Mapping[str, Any], header: Mapping[str, Any]) -> str | None:
    """Name the first part that two headers have in common and that differs.

    Rows and problems that are added or left out change nothing of those that are there.
    """
    for name in PARTS:
        old, new = known.get(name, {}), header[name]
        for key in old.keys() & new.keys():
            if old[key] != new[key]:
                return f"`{name}.{key}`"
    return None


def _read(path: Path) -> Iterator[CellRecord]:
    if not path.exists():
        return
    for number, line in enumerate(_whole_lines(path), 1):
        try:
            yield CellRecord.model_validate_json(line)
        except ValidationError as error:
            raise ServiceError(
                "bench-invalid", f"`{path}`, line {number}: this is no finished cell"
            ) from error


def _whole_lines(path: Path) -> Iterator[str]:
    """Read the lines that have an end; one that a crash has cut off has none."""
    text = path.read_bytes().decode("utf-8", "replace")
    return (line for line in text.split("\n")[:-1] if line.strip())


def _mend_end(path: Path) -> None:
    """Cut off a line that a crash has left unfinished, before another one is appended to it."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) != len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))


def _unbroken(calls: dict[int, Completion]) -> Iterator[Completion]:
    number = 0
    while number in calls:
        yield calls[number]
        number += 1


def _hold(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ServiceError("bench-busy", f"another process is writing to `{folder}`") from error


def _unwritable(folder: Path, error: OSError) -> ServiceError:
    return ServiceError("usage", f"`{folder}` cannot be written: {error.strerror}")
