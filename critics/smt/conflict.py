"""Minimal conflicts: assertions that contradict each other, none of which can be left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from critics.smt.engine import Engine, Query, Status

SOFT_MS = 1_000
MAX_SECONDS = 3.0


@dataclass(frozen=True)
class Conflict:
    """Assertions, by index, that an engine refutes together.

    Attributes:
        members: Their indices.
        minimal: Whether it was shown that none can be left out.
    """

    members: tuple[int, ...]
    minimal: bool


def minimize(
    engine: Engine, query: Query, core: Sequence[int], *, seconds: float = MAX_SECONDS
) -> Conflict:
    """Drop from a core what it does not need, one member at a time, within a time limit."""
    members, minimal = list(core), True
    session = engine.open(query)
    until = monotonic() + seconds
    position = 0
    while position < len(members):
        left = int((until - monotonic()) * 1000)
        if left <= 0 or session is None:
            return Conflict(tuple(members), minimal=False)
        rest = members[:position] + members[position + 1 :]
        answer = session.check(rest, timeout_ms=min(SOFT_MS, left))
        if answer.status is Status.UNSAT:
            members = [index for index in rest if index in answer.core] or rest
        else:
            minimal = minimal and answer.status is Status.SAT
            position += 1
    return Conflict(tuple(members), minimal)
