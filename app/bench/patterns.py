"""patterns: draws texts that match a simple regular expression, for guesses without a model.

Known are literals, `.`, character classes, groups, alternatives and the quantifiers `?`, `*`, `+`
and `{m,n}`: what schemas of answers use. A pattern that is more than that yields a text that does
not match it, which costs a guess and nothing else.
"""

import random
import re
import string
from dataclasses import dataclass

MOST_REPEATS = 4
"""Repetitions of what a pattern leaves open."""
CLASSES = {
    "d": string.digits,
    "w": string.ascii_lowercase + string.digits + "_",
    "s": " ",
}
PRINTABLE = string.ascii_letters + string.digits + " -_"
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")


def draw_text(pattern: str, draw: random.Random) -> str:
    """Draw a text that matches a pattern; equal chances at each choice."""
    return _Reader(pattern.removeprefix("^").removesuffix("$"), draw).alternatives()


@dataclass(slots=True)
class _Reader:
    """Reads a pattern from left to right and draws as it goes."""

    pattern: str
    draw: random.Random
    at: int = 0

    @property
    def next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternatives(self) -> str:
        drawn = [self.sequence()]
        while self.next == "|":
            self.at += 1
            drawn.append(self.sequence())
        return self.draw.choice(drawn)

    def sequence(self) -> str:
        text = ""
        while self.next and self.next not in "|)":
            start = self.at
            once = self.atom()
            after_atom = self.at
            count = self.count()
            after = self.at
            repeated = ""
            for _ in range(count):
                self.at = start
                repeated += self.atom()
            self.at = after
            text += once if after == after_atom else repeated
        return text

    def atom(self) -> str:
        sign = self.next
        self.at += 1
        if sign == "[":
            return self.draw.choice(self.members() or PRINTABLE)
        if sign == "(":
            self.at += 2 if self.pattern.startswith("?:", self.at) else 0
            text = self.alternatives()
            self.at += 1
            return text
        if sign == "\\":
            sign = self.next
            self.at += 1
            return self.draw.choice(CLASSES.get(sign, sign or "\\"))
        return self.draw.choice(PRINTABLE) if sign == "." else sign

    def members(self) -> str:
        """Read a character class up to its end; a negated one means any other printable sign."""
        end = self.pattern.find("]", self.at + 1)
        body, self.at = self.pattern[self.at : end], end + 1 if end >= 0 else len(self.pattern)
        negated = body.startswith("^")
        signs = ""
        rest = body[1:] if negated else body
        while rest:
            if rest[0] == "\\" and len(rest) > 1:
                signs, rest = signs + CLASSES.get(rest[1], rest[1]), rest[2:]
            elif len(rest) > 2 and rest[1] == "-":  # noqa: PLR2004  # a range is three signs
                signs += "".join(map(chr, range(ord(rest[0]), ord(rest[2]) + 1)))
                rest = rest[3:]
            else:
                signs, rest = signs + rest[0], rest[1:]
        return "".join(sign for sign in PRINTABLE if sign not in signs) if negated else signs

    def count(self) -> int:
        """Read a quantifier and draw how often; 1 where there is none."""
        limits = {"?": (0, 1), "*": (0, MOST_REPEATS), "+": (1, MOST_REPEATS)}.get(self.next)
        if limits is not None and self.next:
            self.at += 1
            return self.draw.randint(*limits)
        found = _COUNT.match(self.pattern, self.at)
        if found is None:
            return 1
        self.at = found.end()
        least = int(found[1])
        most = least if not found[2] else int(found[3] or least + MOST_REPEATS)
        return self.draw.randint(least, max(least, most))
