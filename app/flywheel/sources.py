"""Sources: finds journals and rows in files and folders, and reads them as episodes.

A file is a journal (`modulo solve --journal`, `modulo bench`), or lines of JSON that each name a
`domain` and a `problem`: rows of `modulo synth`, and problems of a benchmark.

Invariants:
    * One file after the other is read, and of rows one line after the other: memory does not grow.
    * A file that was named and is neither is an error; in a folder it is passed over and counted.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from app.failures import ServiceError
from app.flywheel.episodes import MUTATION, SYNTHETIC, Attempt, Episode, read_episode
from app.flywheel.tables import PARQUET, read_parquet
from backprompt.events import Origin
from backprompt.journal import Journal
from backprompt.task import Task
from critics.denial import DENIAL

SUFFIXES = (".jsonl", ".jsonl.gz", PARQUET)
MOST_BYTES = 200_000_000
"""Of one journal."""
BEGINS = frozenset({"run-started", "formalized"})
"""Events that a journal begins with."""


class NearMissLine(BaseModel):
    """A wrong answer of a made row."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answer: str
    repaired: str | None = None


class ProblemLine(BaseModel):
    """A line that names a problem; of a made one also answers. Other fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""
    domain: str
    problem: dict[str, JsonValue]
    answer: str | None = None
    infeasible: bool = False
    near_misses: tuple[NearMissLine, ...] = ()
    split: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")
    """It becomes the name of a file."""
    family: str = ""
    level: int = 0

    @field_validator("problem", mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        """Read JSON text, which tables hold where columns must have one type."""
        return json.loads(value) if isinstance(value, str) else value

    def to_episode(self, at: str) -> Episode:
        """Tell the row as an episode.

        Args:
            at: Its name, if it has no id.
        """
        return Episode(
            source=SYNTHETIC,
            name=self.id or at,
            task=Task(domain=self.domain, problem=self.problem, prompt=""),
            attempts=tuple(self._attempts()),
            split=self.split,
            family=self.family,
            level=self.level,
        )

    def _attempts(self) -> Iterator[Attempt]:
        """Give the answer, each near miss, and what corrects it: the answer, or one of its own."""
        right = DENIAL if self.infeasible else self.answer
        mended = dict[str, list[str]]()
        for miss in self.near_misses:
            yield Attempt(text=miss.answer, origin=MUTATION)
            repaired = miss.repaired or right
            if repaired is not None:
                mended.setdefault(repaired, []).append(miss.answer)
        if right is not None:
            yield _by_program(right, mended.pop(right, []))
        for repaired, misses in mended.items():
            yield _by_program(repaired, misses, aside=True)


def read_sources(places: Sequence[Path], dropped: Counter[str]) -> Iterator[Episode]:
    """Read what was tried, file by file in the order of their names.

    Args:
        places: Files and folders.
        dropped: Counts what was passed over, by reason.

    Raises:
        ServiceError: `usage`: a place does not exist, or a file that was named is of no use.
    """
    for place in places:
        if place.is_dir():
            for file in sorted(file for file in place.rglob("*") if _is_data(file)):
                try:
                    yield from read_file(file, dropped)
                except ServiceError:
                    dropped["file-unreadable"] += 1
        else:
            yield from read_file(place, dropped)


def read_file(file: Path, dropped: Counter[str]) -> Iterator[Episode]:
    """Read one file.

    Raises:
        ServiceError: `usage`: it cannot be read, or is neither a journal nor rows.
    """
    try:
        if file.suffix == PARQUET:
            yield from _read_rows(read_parquet(file), file, dropped)
            return
        with _open(file) as lines:
            first = _load(next((line for line in lines if line.strip()), ""))
            if isinstance(first, dict) and first.get("event") in BEGINS:
                yield from _read_journal(file, dropped)
            elif isinstance(first, dict) and {"domain", "problem"} <= first.keys():
                lines.seek(0)
                yield from _read_rows(
                    (_load(line) for line in lines if line.strip()), file, dropped
                )
            else:
                raise ServiceError(
                    "usage",
                    f"`{file}` is neither a journal nor rows with a `domain` and a `problem`",
                    help=["name journals (`modulo solve --journal`) or rows (`modulo synth`)"],
                )
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ServiceError("usage", f"`{file}` cannot be read: {why}") from error
    except UnicodeDecodeError as error:
        raise ServiceError("usage", f"`{file}` cannot be read: it is not UTF-8") from error


def _read_journal(file: Path, dropped: Counter[str]) -> Iterator[Episode]:
    about = file.stat()
    if about.st_size > MOST_BYTES:
        dropped["journal-too-large"] += 1
        return
    with _open(file) as lines:
        try:
            journal = Journal.load(lines)
        except ValidationError:  # cut off by a crash, or of another program
            dropped["journal-unreadable"] += 1
            return
    name = file.name.removesuffix(".gz").removesuffix(".jsonl")
    made = datetime.fromtimestamp(about.st_mtime, UTC)
    episode = read_episode(journal, name=name, at=made)
    if episode is None:
        dropped["journal-without-run"] += 1
    else:
        yield episode


def _read_rows(rows: Iterator[Any], file: Path, dropped: Counter[str]) -> Iterator[Episode]:
    for number, row in enumerate(rows, 1):
        try:
            yield ProblemLine.model_validate(row).to_episode(f"{file.stem}:{number}")
        except (RecursionError, ValueError):  # pydantic's own error is one, JSON's another
            dropped["row-unreadable"] += 1


def _by_program(text: str, mends: Sequence[str], *, aside: bool = False) -> Attempt:
    return Attempt(
        text=text, origin=Origin.SOLVER.value, certified=True, mends=tuple(mends), aside=aside
    )


def _load(line: str) -> Any:
    try:
        return json.loads(line)
    except (RecursionError, ValueError):
        return None


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def _is_data(file: Path) -> bool:
    return file.name.endswith(SUFFIXES) and file.is_file()
