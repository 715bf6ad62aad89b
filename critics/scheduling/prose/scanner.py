"""Scanner: reads a text from left to right by whole sentences, and says where it got stuck.

A sentence is written as it reads, with `{fields}` for what varies. Blanks stand for any white
space, case does not matter outside the fields, and either apostrophe will do.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from critics.types import Diagnostic, Location

SHOWN_CHARS = 120
"""So much is shown of what could not be read."""

NUMBER = r"\d{1,6}"
TIME = r"\d{1,2}:\d{2}(?:\s?[AaPp]\.?[Mm]\b\.?)?"
_PARTICLES = "de|la|le|les|da|do|dos|das|del|della|di|du|van|von|der|den|am|an|the|of|upon|sur|y|i"
_WORD = r"(?:[^\W\d_a-z]\w{0,2}\.|[^\W\d_a-z](?:[\w'\u2019&-]|\.(?=\w))*)"
NAME = rf"{_WORD}(?:\s(?:(?:{_PARTICLES})\s)*{_WORD})*"
"""Words with a capital, with particles between them: `Rio de Janeiro`, `St. Petersburg`.

Only a short word may end with a full stop: a longer one ends a sentence, so what follows is not
part of the name.
"""

_LITERAL = re.compile(r"\{(\w+)\}|(\s+)|(['\u2019])|([^{}\s'\u2019]+)")


class StuckError(Exception):
    """A text cannot be read on.

    Attributes:
        at: Position in the text.
        wanted: What was expected there.
    """

    def __init__(self, at: int, wanted: str) -> None:
        """Keep the place and the expectation."""
        super().__init__(wanted)
        self.at = at
        self.wanted = wanted


@cache
def sentence(text: str, **fields: str) -> re.Pattern[str]:
    """Compile a sentence with fields.

    Args:
        text: The sentence; `{name}` stands for a field.
        **fields: Regular expression of each field.
    """
    return re.compile("".join(_parts(text, fields)))


def one_of(names: Iterable[str]) -> str:
    """Give a regular expression for any of these names, the longest first."""
    ordered = sorted(names, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, ordered)) + ")" if ordered else r"(?!)"


class Scanner:
    """A position in a text."""

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        """Begin at `start`."""
        self.text = text
        self.at = start
        self.end = len(text) if end is None else end

    def take(self, *patterns: re.Pattern[str]) -> re.Match[str] | None:
        """Read one of the sentences, if one stands here."""
        self._skip()
        for pattern in patterns:
            found = pattern.match(self.text, self.at, self.end)
            if found:
                self.at = found.end()
                return found
        return None

    def need(self, wanted: str, *patterns: re.Pattern[str]) -> re.Match[str]:
        """Read one of the sentences.

        Raises:
            StuckError: None of them stands here.
        """
        found = self.take(*patterns)
        if found is None:
            raise StuckError(self.at, wanted)
        return found

    def finish(self) -> None:
        """Make sure that nothing is left.

        Raises:
            StuckError: Something is.
        """
        self._skip()
        if self.at < self.end:
            raise StuckError(self.at, "the end of the text")

    def _skip(self) -> None:
        while self.at < self.end and self.text[self.at].isspace():
            self.at += 1


def unread(text: str, parser: str, stuck: StuckError) -> Diagnostic:
    """Tell where a text could not be read on."""
    before = text[: stuck.at]
    rest = text[stuck.at :].partition("\n")[0].strip()[:SHOWN_CHARS]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    place = f"line {line}" + (f" at `{rest}`" if rest else "")
    return Diagnostic(
        code="prose-unread",
        headline=f"parser `{parser}` stopped in {place}: it expected {stuck.wanted}",
        at=Location(source="text", line=line, column=column, text=rest or None),
        notes=("a text is read as a whole or not at all; nothing was guessed",),
    )


def _parts(text: str, fields: dict[str, str]) -> Iterator[str]:
    for field, blank, quote, literal in _LITERAL.findall(text):
        if field:
            yield f"(?P<{field}>{fields[field]})"
        elif blank:
            yield r"\s+"
        elif quote:
            yield r"['\u2019]"
        else:
            yield f"(?i:{re.escape(literal)})"
