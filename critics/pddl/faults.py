"""Collects what is wrong, odd or unsupported in the user's PDDL, with line and column.

Reading goes on after a fault, so that one reply names them all; the number kept is capped.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from critics.sexpr import Sexpr, Source
from critics.types import Diagnostic, Severity

MAX_FAULTS = 20
"""Faults kept per text; a note says how many more there are."""
NEAR_NAMES = 2_000
"""Most names compared with a misspelt one."""
NEAR_CHARS = 60
"""Longest name that is compared."""


def shorten(text: str, limit: int = 80) -> str:
    """Cut a user's or a model's text to a length fit for a message."""
    line = " ".join(text[: 2 * limit].split()) if len(text) > limit else text
    return line if len(line) <= limit else f"{line[:limit]}…"


def find_near(name: str, known: Iterable[str]) -> list[str]:
    """Find the known names nearest to a misspelt one, best first."""
    if len(name) > NEAR_CHARS:
        return []
    names = [n for n, _ in zip(known, range(NEAR_NAMES), strict=False) if len(n) <= NEAR_CHARS]
    return difflib.get_close_matches(name, names, n=3)


def suggest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Word the nearest names as help; nothing when there is none."""
    near = find_near(name, known)
    return (f"did you mean {' or '.join(f'`{n}`' for n in near)}?",) if near else ()


def list_some(items: Iterable[str], limit: int = 10) -> str:
    """List a few items in backticks and say how many more there are."""
    every = list(items)
    shown = ", ".join(f"`{shorten(item)}`" for item in every[:limit])
    return f"{shown} and {len(every) - limit} more" if len(every) > limit else shown


def count(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@dataclass
class Faults:
    """What one text of the user is told about.

    Attributes:
        source: The text.
        errors: The problem cannot be judged against.
        warnings: Warts that were read around; they change no verdict.
        undecided: Parts that nobody decides, in the user's words.
        uses: Requirement flags of the features the text uses.
        dropped: Errors beyond the cap.
    """

    source: Source
    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    undecided: dict[str, None] = field(default_factory=dict)
    uses: dict[str, None] = field(default_factory=dict)
    dropped: int = 0

    def reject(
        self,
        code: str,
        headline: str,
        item: Sexpr,
        *,
        help: Iterable[str] = (),  # noqa: A002  # the field's name
    ) -> None:
        """Record an error of the problem at an expression."""
        if len(self.errors) >= MAX_FAULTS:
            self.dropped += 1
            return
        line, column = self.source.position(item.at)
        self.errors.append(
            Diagnostic(
                code=code,
                headline=f"{headline} (line {line}, column {column} of the {self.source.name})",
                at=self.source.locate(item.at, item.end),
                help=tuple(help),
            )
        )

    def warn(self, code: str, headline: str, at: int, end: int | None = None) -> None:
        """Record a wart."""
        if len(self.warnings) < MAX_FAULTS:
            self.warnings.append(
                Diagnostic(
                    code=code,
                    headline=headline,
                    at=self.source.locate(at, end),
                    severity=Severity.WARNING,
                )
            )

    def give_up(self, part: str, item: Sexpr) -> None:
        """Declare a part of the problem unsupported: nothing can be accepted while it stands."""
        if len(self.undecided) < MAX_FAULTS:
            line, _ = self.source.position(item.at)
            self.undecided.setdefault(f"{part} (line {line} of the {self.source.name})")

    def use(self, *requirements: str) -> None:
        """Note that the text uses features which `:requirements` should declare."""
        for requirement in requirements:
            self.uses.setdefault(requirement)

    def all_errors(self) -> tuple[Diagnostic, ...]:
        """Give the errors; the last says how many more there are."""
        if not self.dropped:
            return tuple(self.errors)
        last = self.errors[-1]
        more = f"and {self.dropped} more faults in the {self.source.name}"
        return (*self.errors[:-1], last.model_copy(update={"notes": (*last.notes, more)}))
