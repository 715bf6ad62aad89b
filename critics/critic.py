"""Critics: pure functions that yield a `Diagnostic` for everything that is wrong.

A critic that yields nothing is satisfied. It never writes prose for the model, never raises to
its caller (the runner in `judge.py` turns any failure into `unknown`) and never looks at
anything but the problem and the candidate.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from critics.types import Diagnostic

Check = Callable[[Any, Any], Iterator[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Critic:
    """One check with what it guarantees.

    Attributes:
        name: Stable name, shown in judgements and certificates.
        check: `(problem, candidate) -> Iterator[Diagnostic]`.
        decides: The part of the problem this critic decides, in the user's words.
        hard: Hard critics decide the verdict; soft ones only advise.
        sound: Silence implies the part holds. A hard critic must be sound.
        complete: An objection implies the part does not hold.
        version: Changes whenever a verdict could change.
    """

    name: str
    check: Check
    decides: str
    hard: bool = True
    sound: bool = True
    complete: bool = True
    version: str = "1"

    def __post_init__(self) -> None:
        """Refuse a deciding critic whose silence would prove nothing."""
        if self.hard and not self.sound:
            raise ValueError(f"critic `{self.name}` decides verdicts, so it must be sound")


def critic(
    *, decides: str, name: str | None = None, hard: bool = True, version: str = "1"
) -> Callable[[Check], Critic]:
    """Turn a generator function into a `Critic`.

    Args:
        decides: The part of the problem it decides.
        name: Defaults to the function's name with hyphens.
        hard: Whether it decides the verdict; soft critics may be neither sound nor complete.
        version: Changes whenever a verdict could change.
    """

    def wrap(check: Check) -> Critic:
        own = name or getattr(check, "__name__", "critic").replace("_", "-")
        return Critic(own, check, decides, hard, sound=hard, complete=hard, version=version)

    return wrap
