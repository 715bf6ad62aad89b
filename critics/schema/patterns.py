r"""Regular expressions as JSON Schema means them: ECMA-262 with the flag `u`, searched anywhere.

Python's `re` reads the same letters differently: its `$` lets a final line break pass, its `\d`
takes every script's digits, its `.` other line ends. So a pattern is translated, construct by
construct. Signs without their meaning (a lone `{`) stand for themselves, as they do without that
flag (ECMA-262, annex B.1.2), unless something else in the pattern needs it. What cannot be
translated faithfully is `Untranslatable`, and decides nothing.
"""

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import lru_cache

_SPACES = r"\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_CONTROLS = {"t": "\t", "n": "\n", "v": "\x0b", "f": "\f", "r": "\r"}
_ANY = r"[^\n\r\u2028\u2029]"
_PLAIN = {
    ".": (_ANY, "atom"),
    "$": (r"\Z", "open"),
    "^": (r"\A", "open"),
    "|": ("|", "open"),
}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_GROUPS = ("?:", "?=", "?!", "?<=", "?<!")
_QUANTIFIER = re.compile(r"\{[0-9]{1,9}(?:,[0-9]{0,9})?\}", re.ASCII)
_HEX = {"x": 2, "u": 4}
_CATEGORIES = {
    "Letter": "L",
    "Lowercase_Letter": "Ll",
    "Uppercase_Letter": "Lu",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Number": "N",
    "Decimal_Number": "Nd",
    "digit": "Nd",
    "Letter_Number": "Nl",
    "Other_Number": "No",
    "Punctuation": "P",
    "punct": "P",
    "Symbol": "S",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Other": "C",
    "Control": "Cc",
}
_PROPERTY = re.compile(r"\{(?:(?:General_Category|gc)=)?([A-Za-z_]+)\}")
_SHORT = re.compile(r"(?:L[lutmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?)")


class Untranslatable(ValueError):
    """A pattern, or a part of it, cannot be translated faithfully."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile an ECMA-262 pattern.

    Raises:
        Untranslatable: It is no pattern, or uses what Python has no equal of.
    """
    try:
        return re.compile(translate(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise Untranslatable(str(error)) from error


def translate(pattern: str) -> str:
    """Write an ECMA-262 pattern in Python's syntax.

    Raises:
        Untranslatable: It cannot be done.
    """
    return _Translation(pattern).run()


class _Translation:
    """A walk over one pattern, from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._place = 0
        self._groups: list[str] = []
        """What each open group is to a quantifier behind it."""
        self._sloppy = False
        """Whether something is refused with the flag `u`."""
        self._modern = False
        """Whether something needs the flag `u`."""

    def run(self) -> str:
        parts: list[str] = []
        quantified = True
        while self._place < len(self._text):
            part, kind = self._next(quantified=quantified)
            quantified = kind != "atom"
            parts.append(part)
        if self._sloppy and self._modern:
            raise Untranslatable("some of it needs the flag `u`, and some is refused with it")
        return "".join(parts)

    def _next(self, *, quantified: bool) -> tuple[str, str]:
        sign = self._take()
        if sign == "\\":
            kind = "open" if self._follows("b") or self._follows("B") else "atom"
            return self._escape(), kind
        if sign == "[":
            return self._set(), "atom"
        if sign == "(":
            return self._group(), "open"
        if sign in "*+?" or (sign == "{" and _QUANTIFIER.match(self._text, self._place - 1)):
            if quantified:
                raise Untranslatable(f"nothing to repeat before `{sign}`")
            return self._quantifier(sign), "quantifier"
        if sign == ")":
            return sign, self._groups.pop() if self._groups else "atom"
        self._sloppy = self._sloppy or sign in "]{}"
        return _PLAIN.get(sign, (re.escape(sign), "atom"))

    def _take(self) -> str:
        if self._place >= len(self._text):
            raise Untranslatable("it ends too early")
        self._place += 1
        return self._text[self._place - 1]

    def _follows(self, text: str) -> bool:
        return self._text.startswith(text, self._place)

    def _quantifier(self, sign: str) -> str:
        if sign == "{":
            found = _QUANTIFIER.match(self._text, self._place - 1)
            sign = found[0] if found is not None else sign
            self._place += len(sign) - 1
        if self._follows("?"):
            self._place += 1
            sign += "?"
        return sign

    def _group(self) -> str:
        behind = self._follows("?<=") or self._follows("?<!")
        self._groups.append("open" if behind else "atom")
        if not self._follows("?"):
            return "("
        for opening in _GROUPS:
            if self._follows(opening):
                self._place += len(opening)
                return f"({opening}"
        end = self._text.find(">", self._place)
        name = self._text[self._place + 2 : end]
        if self._follows("?<") and end > 0 and name.isidentifier():
            self._place = end + 1
            return f"(?P<{name}>"
        raise Untranslatable("a group that ECMA-262 does not have")

    def _escape(self) -> str:
        """Translate an escape outside a set."""
        sign = self._take()
        if sign in "bB":
            # Python's own `\B` does not match the empty text.
            return r"\b" if sign == "b" else r"(?!\b)"
        if sign in "123456789k":
            raise Untranslatable("a reference to a group")
        inner, negative = self._class(sign)
        if inner is not None:
            return f"[^{inner}]" if negative else f"[{inner}]"
        return re.escape(chr(self._character(sign)))

    def _class(self, sign: str) -> tuple[str | None, bool]:
        """Give the members of a class escape, and whether it means all others."""
        if sign.lower() in _CLASSES:
            return _CLASSES[sign.lower()], sign.isupper()
        if sign in "pP":
            found = _PROPERTY.match(self._text, self._place)
            if found is None:
                raise Untranslatable("a Unicode property without a name")
            self._place, self._modern = found.end(), True
            return _property(found[1]), sign == "P"
        return None, False

    def _character(self, sign: str) -> int:
        """Read the character that an escape stands for."""
        if sign in _CONTROLS:
            return ord(_CONTROLS[sign])
        if sign.isascii() and sign.isprintable() and not sign.isalnum():
            self._sloppy = self._sloppy or sign not in _SYNTAX
            return ord(sign)
        if sign == "c" and self._place < len(self._text):
            letter = self._take()
            if letter.isascii() and letter.isalpha():
                return ord(letter) % 32
        if sign == "0" and not self._text[self._place : self._place + 1].isdigit():
            return 0
        if sign in _HEX:
            return self._code(sign)
        raise Untranslatable(f"the escape `\\{sign}`")

    def _code(self, sign: str) -> int:
        if sign == "u" and self._follows("{"):
            end = self._text.find("}", self._place)
            code = self._hex(self._text[self._place + 1 : end] if end > 0 else "")
            self._place, self._modern = end + 1, True
            return code
        code = self._hex(self._text[self._place : self._place + _HEX[sign]], _HEX[sign])
        self._place += _HEX[sign]
        low = self._text[self._place + 2 : self._place + 6]
        if 0xD800 <= code < 0xDC00 and self._follows("\\u") and low:  # noqa: PLR2004  # UTF-16
            second = self._hex(low, 4)
            if 0xDC00 <= second < 0xE000:  # noqa: PLR2004  # UTF-16
                self._place += 6
                return 0x10000 + ((code - 0xD800) << 10) + second - 0xDC00
        return code

    def _hex(self, digits: str, length: int = 0) -> int:
        if not re.fullmatch(r"[0-9A-Fa-f]{1,6}", digits) or (length and len(digits) != length):
            raise Untranslatable("an escape without its hexadecimal digits")
        code = int(digits, 16)
        if code > sys.maxunicode:
            raise Untranslatable("an escape beyond Unicode")
        return code

    def _set(self) -> str:
        """Translate a set of characters."""
        negative = self._follows("^")
        self._place += negative
        parts: list[str] = []
        while not self._follows("]"):
            parts.append(self._range())
        self._place += 1
        inner = "".join(parts)
        if not inner:
            return r"[\s\S]" if negative else "(?!)"
        return f"[^{inner}]" if negative else f"[{inner}]"

    def _range(self) -> str:
        first = self._member()
        if not self._follows("-") or self._text[self._place + 1 : self._place + 2] in ("]", ""):
            return first if isinstance(first, str) else _literal(first)
        self._place += 1
        last = self._member()
        if isinstance(first, str) or isinstance(last, str):
            self._sloppy = True
            ends = (end if isinstance(end, str) else _literal(end) for end in (first, last))
            return r"\-".join(ends)
        if first > last:
            raise Untranslatable("a range that is none")
        return f"{_literal(first)}-{_literal(last)}"

    def _member(self) -> int | str:
        """Read one member of a set: a character, or a class."""
        sign = self._take()
        if sign != "\\":
            return ord(sign)
        sign = self._take()
        if sign in "b-":
            return 8 if sign == "b" else ord(sign)
        inner, negative = self._class(sign)
        if inner is not None:
            return _complement(inner) if negative else inner
        return self._character(sign)


def _literal(code: int) -> str:
    return f"\\U{code:08x}"


@lru_cache(maxsize=64)
def _property(name: str) -> str:
    """List the characters of a general category, as Python's Unicode tables have them."""
    category = _CATEGORIES.get(name, name)
    if name == "ASCII":
        return r"\x00-\x7f"
    if name == "Any":
        return rf"\x00-\U{sys.maxunicode:08x}"
    if not _SHORT.fullmatch(category):
        raise Untranslatable(f"the Unicode property `{name}`")
    return _ranges(lambda code: unicodedata.category(chr(code)).startswith(category))


@lru_cache(maxsize=64)
def _complement(inner: str) -> str:
    members = re.compile(f"[{inner}]", re.ASCII)
    return _ranges(lambda code: members.match(chr(code)) is None)


def _ranges(belongs: Callable[[int], bool]) -> str:
    """Write the characters that belong as ranges of a set."""
    parts: list[str] = []
    start: int | None = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and belongs(code)
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            parts.append(f"{_literal(start)}-{_literal(code - 1)}")
            start = None
    return "".join(parts)
