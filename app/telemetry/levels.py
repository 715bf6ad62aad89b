"""Levels: how the service stands at the moment."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workers:
    """The worker processes of one kind.

    Attributes:
        busy: Those that have a job.
        idle: Those that wait for one.
        lost: How many ended before they had answered, by code.
    """

    busy: int
    idle: int
    lost: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Circuit:
    """The breaker of one upstream.

    Attributes:
        state: 0 closed, 1 half open, 2 open.
        opened: How often it has opened.
        suspended: Calls that were not made because it was open.
        retries: Calls that were made again after a failure.
    """

    state: int
    opened: int
    suspended: int
    retries: int


@dataclass(frozen=True, slots=True)
class Levels:
    """How the service stands at the moment; read only when somebody asks.

    Attributes:
        inflight: What is under way, by kind: `runs`, `checks` and `chats`.
        queued: Runs that wait for their turn.
        workers: By pool: `critics` and `engines`.
        circuits: By model.
        lag_s: By how much the event loop is behind.
    """

    inflight: Mapping[str, int]
    queued: int
    workers: Mapping[str, Workers]
    circuits: Mapping[str, Circuit]
    lag_s: float
