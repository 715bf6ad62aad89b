"""Problems of a benchmark, from JSON lines, folders of JSON files and folders of PDDL pairs.

A problem is known by the hash of its domain and payload, so the same instance under two names is
found out, and whatever must never see its own instance (few-shot examples) can compare hashes.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from app.failures import ServiceError
from critics.statement import canonical, digest

PDDL_FILES = ("domain.pddl", "problem.pddl")


class BenchProblem(BaseModel):
    """One problem."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    id: str = Field(min_length=1, max_length=200)
    """Its name in the report; unique in a suite."""
    domain: str = Field(min_length=1, max_length=80)
    """Name of an installed domain."""
    problem: dict[str, JsonValue]
    """The payload, as for `POST /solve`."""
    group: str | None = None
    """What it is counted with in the report; the domain by default."""
    solvable: bool | None = None
    """Whether it has an answer, if that is known."""
    instructions: str | None = None
    """The caller's own words to the model, after the task."""

    @property
    def sha256(self) -> str:
        """Hash of the instance: equal exactly for equal domain and payload."""
        return digest(canonical({"domain": self.domain, "problem": self.problem}))


def read_problems(paths: Sequence[Path]) -> list[BenchProblem]:
    """Read every problem of these files and folders, in their order.

    Raises:
        ServiceError: Something cannot be read, is no problem, or stands there twice.
    """
    problems = [problem for path in paths for problem in _read(path)]
    if not problems:
        raise ServiceError("bench-invalid", "there is no problem to solve")
    _require_distinct(problems)
    return problems


def read_rows(path: Path) -> Iterator[Any]:
    """Read JSON lines, gzipped where the name ends in `.gz`.

    Raises:
        ServiceError: The file cannot be read, or a line is no JSON.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _parse(line, f"`{path}`, line {number}")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ServiceError("bench-invalid", f"`{path}` cannot be read: {error}") from error


def _read(path: Path) -> Iterator[BenchProblem]:
    if not path.is_dir():
        for row in _rows_of(path):
            yield _problem(row, str(path))
        return
    found = sorted(path.iterdir())
    pairs = [folder for folder in (path, *found) if _is_pair(folder)]
    for folder in pairs:
        payload = {name.removesuffix(".pddl"): _text(folder / name) for name in PDDL_FILES}
        yield _problem({"id": folder.name, "domain": "pddl", "problem": payload}, str(folder))
    for file in found:
        if file.suffix == ".json" or file.name.endswith((".jsonl", ".jsonl.gz")):
            for row in _rows_of(file):
                yield _problem({"id": file.stem, **_object(row, file)}, str(file))


def _rows_of(path: Path) -> Iterable[Any]:
    if path.suffix == ".json":
        return [_parse(_text(path), f"`{path}`")]
    return read_rows(path)


def _is_pair(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PDDL_FILES)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ServiceError("bench-invalid", f"`{path}` cannot be read: {error}") from error


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ServiceError("bench-invalid", f"{where}: this is no JSON: {error}") from error


def _object(row: Any, where: Path) -> Mapping[str, Any]:
    if isinstance(row, dict):
        return row
    raise ServiceError("bench-invalid", f"`{where}` holds what is no JSON object")


def _problem(row: Any, where: str) -> BenchProblem:
    try:
        return BenchProblem.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        detail = f"`{where}`: `{field}` of a problem: {first['msg'].lower()}"
        raise ServiceError("bench-invalid", detail) from error


def _require_distinct(problems: Iterable[BenchProblem]) -> None:
    names: set[str] = set()
    instances: dict[str, str] = {}
    for problem in problems:
        if problem.id in names:
            raise ServiceError("bench-invalid", f"two problems are called `{problem.id}`")
        twin = instances.setdefault(problem.sha256, problem.id)
        if twin != problem.id:
            detail = f"`{twin}` and `{problem.id}` are the same instance, which would count twice"
            raise ServiceError("bench-invalid", detail)
        names.add(problem.id)
