"""Exclusion: the identities of problems that must not be in the data, such as those of a benchmark.

Invariant: what cannot be identified is counted and told. It excludes nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bench.problems import PDDL_FILES, read_rows
from app.failures import ServiceError
from critics.domain import Domain
from critics.guard import guard
from critics.judge import read_problem
from critics.types import KernelError, Problem

TEXTS = ("domain_pddl", "problem_pddl")
"""Columns in which collections of planning tasks hold the two texts."""


@dataclass(frozen=True)
class Excluded:
    """What must not be in the data.

    Attributes:
        identities: Of the problems of one domain that were found.
        unread: How many problems of it could not be read.
    """

    identities: frozenset[str] = frozenset()
    unread: int = 0


def identify(domain: Domain, problem: Problem) -> str | None:
    """Name a problem by what it is up to names and order, or None where that fails."""
    if domain.generation is None:
        return None
    find = domain.generation.identity
    try:
        own, _ = guard("identity", lambda: find(problem))
    except KernelError:
        return None
    return None if own is None else f"{domain.name}:{own}"


def read_excluded(places: Sequence[Path], domain: Domain) -> Excluded:
    """Find the problems of a domain in files and folders.

    Args:
        places: Files of JSON lines (`.jsonl`, `.jsonl.gz`) or JSON; folders of such; folders with
            a `domain.pddl` and a `problem.pddl`.
        domain: Problems of other domains are passed over.

    Raises:
        ServiceError: A place cannot be read, or holds no problem of any domain.
    """
    found: set[str] = set()
    unread = 0
    for place in places:
        known = 0
        for name, payload in read_payloads(place):
            known += 1
            if name != domain.name:
                continue
            identity = _identify(domain, payload)
            if identity is None:
                unread += 1
            else:
                found.add(identity)
        if not known:
            raise ServiceError(
                "usage",
                f"`{place}` holds no problem that could be excluded",
                help=["name JSON lines with a `domain` and a `problem`, or folders of PDDL files"],
            )
    return Excluded(frozenset(found), unread)


def _identify(domain: Domain, payload: Any) -> str | None:
    try:
        return identify(domain, read_problem(domain, payload))
    except KernelError:
        return None


def read_payloads(place: Path) -> Iterator[tuple[str, Any]]:
    """Read the problems of a file or a folder: the domain's name and the payload of each.

    Raises:
        ServiceError: It cannot be read.
    """
    if not place.is_dir():
        yield from _read_file(place)
        return
    for folder in sorted({file.parent for file in place.rglob(PDDL_FILES[0])}):
        if all((folder / name).is_file() for name in PDDL_FILES):
            texts = {name.removesuffix(".pddl"): _text(folder / name) for name in PDDL_FILES}
            yield "pddl", texts
    for file in sorted(place.rglob("*")):
        if file.name.endswith((".json", ".jsonl", ".jsonl.gz")):
            yield from _read_file(file)


def _read_file(file: Path) -> Iterator[tuple[str, Any]]:
    for row in _rows(file):
        if not isinstance(row, Mapping):
            continue
        if all(isinstance(row.get(name), str) for name in TEXTS):
            yield "pddl", {name.removesuffix("_pddl"): row[name] for name in TEXTS}
        elif isinstance(row.get("domain"), str) and "problem" in row:
            yield row["domain"], _payload(row["problem"])


def _rows(file: Path) -> Iterator[Any]:
    if file.suffix != ".json":
        yield from read_rows(file)
        return
    try:
        read = json.loads(_text(file))
    except (ValueError, RecursionError) as error:
        raise ServiceError("usage", f"`{file}` is no JSON: {error}") from error
    yield from read if isinstance(read, list) else [read]


def _payload(problem: Any) -> Any:
    """Read JSON text, which tables hold where columns must have one type."""
    if not isinstance(problem, str):
        return problem
    try:
        return json.loads(problem)
    except (ValueError, RecursionError):
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ServiceError("usage", f"`{file}` cannot be read: {error}") from error
