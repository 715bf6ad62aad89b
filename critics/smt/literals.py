"""SMT-LIB literals: numerals, decimals, bit-vectors and strings, within caps."""

import re
from fractions import Fraction

from critics.smt.faults import ScriptFault
from critics.smt.terms import INT, MAX_BITS, REAL, STRING, Const, bitvec

MAX_DIGITS = 1_000
MAX_STRING = 65_536
LAST_CHARACTER = 0x2FFFF

_NUMERAL = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+", re.ASCII)
_HEX = re.compile(r"#x[0-9a-fA-F]+", re.ASCII)
_BINARY = re.compile(r"#b[01]+", re.ASCII)
_INDEXED = re.compile(r"bv(0|[1-9][0-9]*)", re.ASCII)
_ESCAPE = re.compile(r"\\u(?:\{([0-9a-fA-F]{1,5})\}|([0-9a-fA-F]{4}))", re.ASCII)
_LOOKS_LIKE_NUMBER = re.compile(r"[-+]?[0-9]")


def read_literal(token: str) -> Const | None:
    """Read a literal; a negative number is taken as models write it, `-4` for `(- 4)`.

    Raises:
        ScriptFault: It begins like a literal and is none, or passes a cap.
    """
    if token.startswith('"'):
        return Const(STRING, read_string(token))
    if token.startswith("#"):
        return _read_bits(token)
    if not _LOOKS_LIKE_NUMBER.match(token):
        return None
    if len(token) > MAX_DIGITS:
        raise _limit(f"a number of {len(token):,} digits; at most {MAX_DIGITS:,} are read")
    if _NUMERAL.fullmatch(token):
        return Const(INT, int(token))
    if _DECIMAL.fullmatch(token):
        return Const(REAL, Fraction(token))
    raise ScriptFault(
        "smt-problem-syntax",
        f"`{token[:40]}` is not an SMT-LIB number",
        help_="write numerals as `12`, decimals as `1.25`, fractions as `(/ 1 3)`",
    )


def _read_bits(token: str) -> Const:
    base, width = (16, 4) if _HEX.fullmatch(token) else (2, 1)
    if base == 2 and not _BINARY.fullmatch(token):  # noqa: PLR2004  # binary
        raise ScriptFault("smt-problem-syntax", f"`{token[:40]}` is not a bit-vector literal")
    digits = token[2:]
    if len(digits) * width > MAX_BITS:
        raise _limit(f"a bit-vector of more than {MAX_BITS:,} bits")
    return Const(bitvec(len(digits) * width), int(digits, base))


def read_indexed(symbol: str, width: int) -> Const | None:
    """Read `(_ bv13 8)`.

    Raises:
        ScriptFault: The value does not fit the width.
        SortFault: The width is outside its cap.
    """
    match = _INDEXED.fullmatch(symbol)
    if match is None:
        return None
    sort = bitvec(width)
    if len(match[1]) > 2 * MAX_DIGITS or int(match[1]) >> width:
        raise ScriptFault("smt-problem-sort", f"`{symbol[:40]}` does not fit {width} bits")
    return Const(sort, int(match[1]))


def read_string(token: str) -> str:
    r"""Read a string literal: `""` is a quote, `\u{41}` and `\u0041` are characters.

    Raises:
        ScriptFault: It is too long, or an escape names no character.
    """
    if len(token) > MAX_STRING:
        raise _limit(f"a string of {len(token):,} characters; at most {MAX_STRING:,} are read")
    text = _ESCAPE.sub(_character, token[1:-1].replace('""', '"'))
    if any(ord(c) > LAST_CHARACTER for c in text):
        raise ScriptFault("smt-problem-syntax", "a string holds a character above U+2FFFF")
    return text


def read_character(token: str) -> str:
    """Read the `#x41` of `(char #x41)`.

    Raises:
        ScriptFault: It names no character.
    """
    code = int(token.removeprefix("#x")[:8], 16) if _HEX.fullmatch(token) else None
    if code is None or code > LAST_CHARACTER:
        raise ScriptFault("smt-problem-syntax", f"`{token[:40]}` names no character")
    return chr(code)


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= LAST_CHARACTER else match[0]


def _limit(what: str) -> ScriptFault:
    return ScriptFault("smt-problem-limit", what, help_="state the problem with smaller literals")
