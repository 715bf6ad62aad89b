"""Faults of the user's problem, collected so that all are told at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from critics.sexpr import Sexpr, Source
from critics.smt.terms import SortFault
from critics.types import Diagnostic, Location, ProblemError

MAX_FAULTS = 20


class ScriptFault(Exception):
    """A problem that cannot be read, with its code, place and next action."""

    def __init__(
        self,
        code: str,
        headline: str,
        *,
        item: Sexpr | None = None,
        help_: str | None = None,
    ) -> None:
        """Keep what the diagnostic will say; `item` is the place in the script."""
        super().__init__(headline)
        self.code = code
        self.headline = headline
        self.item = item
        self.help = help_


@dataclass
class Faults:
    """Collects faults; `settle` raises them together."""

    found: list[Diagnostic] = field(default_factory=list)

    def add(self, fault: ScriptFault | SortFault, at: Location | None = None) -> None:
        """Keep one fault, at a place."""
        if isinstance(fault, ScriptFault):
            code, help_ = fault.code, fault.help
        else:
            code, help_ = "smt-problem-sort", None
        headline = f"{fault}"
        self.found.append(
            Diagnostic(code=code, headline=headline, at=at, help=(help_,) if help_ else ())
        )

    @contextmanager
    def at(self, source: Source, item: Sexpr) -> Iterator[None]:
        """Collect what the block raises, at its own place or else at `item`."""
        try:
            yield
        except (ScriptFault, SortFault) as fault:
            place = getattr(fault, "item", None) or item
            self.add(fault, source.locate(place.at, place.end))

    @contextmanager
    def within(self, pointer: str, text: str | None = None) -> Iterator[None]:
        """Collect what the block raises, at a JSON pointer of the problem."""
        try:
            yield
        except (ScriptFault, SortFault) as fault:
            self.add(fault, Location(source="problem", pointer=pointer, text=text and text[:120]))

    @property
    def full(self) -> bool:
        """Whether enough is known."""
        return len(self.found) >= MAX_FAULTS

    def settle(self) -> None:
        """Raise what was found.

        Raises:
            ProblemError: At least one fault was found.
        """
        if self.found:
            raise ProblemError(self.found)
