"""The s-expression reader that PDDL and SMT-LIB share.

Iterative, so nesting costs memory and never the stack; size, depth and token count are capped
before anything is built. Every atom and list knows its offsets, so a finding can point at the
author's own text. The reader interprets nothing: strings, quoted symbols and numbers stay as
they are written.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self, TypeAlias

from critics.types import Diagnostic, KernelError, Location

MAX_CHARS = 2_000_000
MAX_DEPTH = 500
MAX_TOKENS = 1_000_000
SHOWN_CHARS = 120


class SexprError(KernelError):
    """The text is not a sequence of s-expressions within the caps."""


class Atom(str):
    """A token: its value (case-folded where the dialect folds) and its offsets in the source."""

    __slots__ = ("at", "end")

    at: int
    end: int

    def __new__(cls, value: str, at: int, end: int) -> Self:
        """Make an atom whose text is `value`."""
        atom = super().__new__(cls, value)
        atom.at = at
        atom.end = end
        return atom


class Node(list["Sexpr"]):
    """A list and its offsets: `at` of its opening parenthesis, `end` after its closing one."""

    __slots__ = ("at", "end")

    def __init__(self, at: int) -> None:
        """Open a list at an offset."""
        super().__init__()
        self.at = at
        self.end = at + 1

    __hash__ = None  # a list is mutable while it is read


Sexpr: TypeAlias = Atom | Node


@dataclass(frozen=True)
class Source:
    """A text that somebody wrote, and how to point into it.

    Attributes:
        name: What the text is called in locations: `domain`, `problem`, `answer`, …
        text: The text itself.
    """

    name: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Give the 1-based line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def locate(self, at: int, end: int | None = None, label: str | None = None) -> Location:
        """Point at a span; a span over several lines is cut at the end of its first."""
        line, column = self.position(at)
        start = self._starts[line - 1]
        stop = self.text.find("\n", start)
        stop = len(self.text) if stop < 0 else stop
        last = min(end if end is not None else at + 1, max(stop, at + 1))
        return Location(
            source=self.name,
            line=line,
            column=column,
            end_column=last - start + 1,
            text=self.text[start:stop][:SHOWN_CHARS],
            label=label,
        )

    def spelling(self, item: Sexpr) -> str:
        """Give an atom or list as its author wrote it, whitespace and comments included."""
        return self.text[item.at : item.end]


@dataclass(frozen=True)
class Dialect:
    """What differs between the languages.

    Attributes:
        tokens: Matches one token; whitespace and comments match no named group.
        fold: Whether names are case-insensitive.
    """

    tokens: re.Pattern[str]
    fold: bool


PDDL = Dialect(
    re.compile(
        r"(?:[\s\ufeff]|;[^\n]*)+|(?P<open>\()|(?P<close>\))"
        r"|(?P<atom>\?[^\s\ufeff()?;]*|[^\s\ufeff()?;]+)"
    ),
    fold=True,
)
"""A `?` starts a token even without a space before it, as in `(aircraft?a)`. A byte order mark,
which some editors put first, is whitespace."""

SMTLIB = Dialect(
    re.compile(
        r"(?:\s|;[^\n]*)+|(?P<open>\()|(?P<close>\))"
        r'|(?P<atom>"(?:[^"]|"")*"|\|[^|\\]*\||[^\s()";|]+)'
    ),
    fold=False,
)


@dataclass(frozen=True)
class Document:
    """What was read.

    Attributes:
        source: The text.
        items: The top-level expressions.
        stray: Offsets of closing parentheses that close nothing.
    """

    source: Source
    items: list[Sexpr] = field(default_factory=list)
    stray: list[int] = field(default_factory=list)


def read(
    source: Source,
    dialect: Dialect,
    *,
    max_depth: int = MAX_DEPTH,
    max_chars: int = MAX_CHARS,
) -> Document:
    """Read every top-level expression.

    Args:
        source: The text and its name.
        dialect: Its lexical rules.
        max_depth: Deepest nesting that is read.
        max_chars: Longest text that is read.

    Raises:
        SexprError: A cap is passed, a character fits no token, or a parenthesis stays open.
    """
    if len(source.text) > max_chars:
        raise _too_much(source, 0, f"{len(source.text):,} characters; at most {max_chars:,}")
    document = Document(source)
    stack: list[list[Sexpr]] = [document.items]
    for kind, match in _tokens(source, dialect):
        if kind == "atom":
            value = match.group()
            stack[-1].append(
                Atom(fold(value) if dialect.fold else value, match.start(), match.end())
            )
        elif kind == "open":
            if len(stack) > max_depth:
                raise _too_much(source, match.start(), f"nesting deeper than {max_depth}")
            node = Node(match.start())
            stack[-1].append(node)
            stack.append(node)
        elif len(stack) == 1:
            document.stray.append(match.start())
        else:
            closed = stack.pop()
            if isinstance(closed, Node):
                closed.end = match.end()
    if isinstance(stack[-1], Node):
        raise _unclosed(source, stack[-1])
    return document


def fold(name: str) -> str:
    """Fold a name's case. Only ASCII is folded: a Kelvin sign is no `k`."""
    return name.lower() if name.isascii() else name


def _tokens(source: Source, dialect: Dialect) -> Iterator[tuple[str, re.Match[str]]]:
    position = count = 0
    text = source.text
    match_at = dialect.tokens.match
    while position < len(text):
        match = match_at(text, position)
        if match is None:
            raise SexprError([_unreadable(source, position)])
        position = match.end()
        if match.lastgroup is None:
            continue
        count += 1
        if count > MAX_TOKENS:
            raise _too_much(source, match.start(), f"more than {MAX_TOKENS:,} tokens")
        yield match.lastgroup, match


def _unreadable(source: Source, offset: int) -> Diagnostic:
    return Diagnostic(
        code="sexpr-character",
        headline=f"`{source.text[offset]}` in the {source.name} starts nothing that can be read",
        at=source.locate(offset),
        help=("close the string or the quoted symbol that starts here",),
    )


def _unclosed(source: Source, node: Node) -> SexprError:
    line, column = source.position(node.at)
    return SexprError(
        [
            Diagnostic(
                code="sexpr-unclosed",
                headline=f"the parenthesis at line {line}, column {column} of the {source.name} "
                "is never closed",
                at=source.locate(node.at),
                help=("add the missing `)`",),
            )
        ]
    )


def _too_much(source: Source, offset: int, what: str) -> SexprError:
    return SexprError(
        [
            Diagnostic(
                code="sexpr-too-large",
                headline=f"the {source.name} is too large to read: {what}",
                at=Location(source=source.name, line=source.position(offset)[0]),
                help=("send a smaller text",),
            )
        ]
    )
