"""The answer: a JSON object from variable to value, read exactly.

Invariants:
    * No float ever exists: numbers are read from their text.
    * A value has exactly the sort of its variable: `true` is no Int, `3.0` is no Int.
    * Every variable has one value; nothing is missing, extra, repeated or made up.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Never

from critics.smt.literals import LAST_CHARACTER, MAX_DIGITS, MAX_STRING
from critics.smt.problem import Datatype, Instance
from critics.smt.terms import BOOL, INT, REAL, STRING, Function, Sort, Value, Var
from critics.smt.values import Data, Table
from critics.types import CandidateError, Diagnostic, Location

MAX_ANSWER = 1_000_000
MAX_EXPONENT = 1_000
MAX_LISTED = 20

_NUMBER = re.compile(
    r"(?P<sign>-?)(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?(?:[eE](?P<exponent>[-+]?[0-9]{1,6}))?",
    re.ASCII,
)
_FRACTION = re.compile(r"-?[0-9]+/[0-9]+", re.ASCII)


class Unreadable(Exception):
    """A value is not of its variable's sort; the message continues "`x` is …"."""


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


class Real(Number):
    """A JSON number with a fraction or an exponent."""

    __slots__ = ()


class Twice(dict[str, Any]):
    """A JSON object in which keys are repeated."""

    repeated: tuple[str, ...] = ()


def read_answer(instance: Instance, text: str) -> dict[Var | Function, Value]:
    """Read an answer's text.

    Raises:
        CandidateError: It is not one; with every fault, up to a cap.
    """
    found = read_object(text)
    faults = list(_wrong_keys(instance, found))
    values: dict[Var | Function, Value] = {}
    for name, symbol in instance.variables.items():
        if name not in found:
            continue
        try:
            values[symbol] = read_symbol(instance, symbol, found[name])
        except Unreadable as why:
            faults.append(_bad_value(name, symbol, found[name], f"{why}"))
    if faults:
        raise CandidateError(faults[:MAX_LISTED])
    return values


def read_object(text: str) -> dict[str, Any]:
    """Read one JSON object and nothing else, keeping numbers as text.

    Raises:
        CandidateError: The text is no JSON object, or too large.
    """
    if len(text) > MAX_ANSWER:
        raise CandidateError([_not_json(f"it has {len(text):,} characters")])
    try:
        found = json.loads(
            text,
            parse_int=Number,
            parse_float=Real,
            parse_constant=_refuse,
            object_pairs_hook=_pairs,
        )
    except json.JSONDecodeError as error:
        at = Location(source="answer", line=error.lineno, column=error.colno)
        raise CandidateError([_not_json(error.msg, at)]) from error
    except (ValueError, RecursionError) as error:
        raise CandidateError([_not_json(f"{error}"[:80])]) from error
    if not isinstance(found, dict):
        raise CandidateError([_not_json("it is not an object")])
    return found


def read_symbol(instance: Instance, symbol: Var | Function, given: Any) -> Value:
    """Read the value of a variable or the table of a function.

    Raises:
        Unreadable: It does not fit.
    """
    if isinstance(symbol, Var):
        return read_value(instance, symbol.sort, given)
    return _read_table(instance, symbol.params, symbol.sort, given, pack=True)


def read_value(instance: Instance, sort: Sort, given: Any) -> Value:  # noqa: PLR0911  # one case per sort
    """Read one value of a sort.

    Raises:
        Unreadable: It is not one.
    """
    if sort == INT:
        return _read_int(given)
    if sort == REAL:
        return read_real(given)
    if sort == BOOL:
        return _expect(isinstance(given, bool), given, "`true` or `false`")
    if sort == STRING:
        return _read_string(given)
    if sort.name == "BitVec":
        return _read_bits(sort.width, given)
    if sort.members:
        known = isinstance(given, str) and not isinstance(given, Number) and given in sort.members
        return _expect(known, given, "one of " + ", ".join(f'"{m}"' for m in sort.members[:12]))
    if sort.name == "Array":
        return _read_table(instance, (sort.part(0),), sort.part(1), given, pack=False)
    if sort.name in instance.opaque:
        text = isinstance(given, str) and not isinstance(given, Number) and given != ""
        return _expect(text, given, "a string that names an element")
    return _read_data(instance, instance.datatypes[sort.name], given)


def _expect(good: bool, given: Any, wanted: str) -> Any:  # noqa: FBT001  # a condition, not a switch
    if not good:
        raise Unreadable(f"to be {wanted}")
    return given


def _read_int(given: Any) -> int:
    if not isinstance(given, Number) or isinstance(given, Real):
        raise Unreadable("to be an integer such as `-7`")
    if len(given) > MAX_DIGITS:
        raise Unreadable(f"to have at most {MAX_DIGITS:,} digits")
    return int(given)


def read_real(given: Any) -> Fraction:
    """Read a rational: a JSON number, or a string such as `"1/3"` or `"0.25"`.

    Raises:
        Unreadable: It is neither, or passes the caps on digits and exponent.
    """
    if not isinstance(given, str):
        raise Unreadable('to be a number, or a string such as "1/3"')
    if len(given) > MAX_DIGITS:
        raise Unreadable(f"to have at most {MAX_DIGITS:,} digits")
    match = _NUMBER.fullmatch(given)
    if match is not None:
        if abs(int(match["exponent"] or 0)) > MAX_EXPONENT:
            raise Unreadable(f"to have an exponent of at most {MAX_EXPONENT:,}")
        return Fraction(given)
    if not _FRACTION.fullmatch(given) or isinstance(given, Number):
        raise Unreadable('to be a number, or a string such as "1/3"')
    numerator, denominator = given.split("/")
    if int(denominator) == 0:
        raise Unreadable("to have a denominator other than 0")
    return Fraction(int(numerator), int(denominator))


def _read_string(given: Any) -> str:
    if not isinstance(given, str) or isinstance(given, Number):
        raise Unreadable("to be a string")
    if len(given) > MAX_STRING:
        raise Unreadable(f"to have at most {MAX_STRING:,} characters")
    if not readable(given):
        raise Unreadable("to hold characters up to U+2FFFF, and no lone surrogates")
    return given


def _read_bits(width: int, given: Any) -> int:
    wanted = f"to be an integer from 0 to 2^{width} - 1, or a string such as `#b01` of {width} bits"
    if isinstance(given, Number):
        value = _read_int(given)
    elif isinstance(given, str) and re.fullmatch(r"#b[01]+", given) and len(given) == width + 2:
        value = int(given.removeprefix("#b"), 2)
    elif (
        isinstance(given, str)
        and re.fullmatch(r"#x[0-9a-fA-F]+", given)
        and (len(given) - 2) * 4 == width
    ):
        value = int(given.removeprefix("#x"), 16)
    else:
        raise Unreadable(wanted)
    if value < 0 or value >> width:
        raise Unreadable(wanted)
    return value


def _read_table(
    instance: Instance, keys: Sequence[Sort], sort: Sort, given: Any, *, pack: bool
) -> Table:
    """Read `{"default": v, "entries": [[k, v], …]}`; a function's key is a list of arguments."""
    shape = 'to be {"default": value, "entries": [[key, value], …]}'
    if not isinstance(given, dict) or set(given) != {"default", "entries"}:
        raise Unreadable(shape)
    if not isinstance(given["entries"], list) or isinstance(given, Twice):
        raise Unreadable(shape)
    entries: dict[Value, Value] = {}
    for entry in given["entries"]:
        if not isinstance(entry, list) or len(entry) != 2:  # noqa: PLR2004  # key, value
            raise Unreadable(shape)
        parts = entry[0] if pack else [entry[0]]
        if not isinstance(parts, list) or len(parts) != len(keys):
            raise Unreadable(f"to have keys of {len(keys)} arguments")
        read = tuple(read_value(instance, key, part) for key, part in zip(keys, parts, strict=True))
        key = read if pack else read[0]
        if key in entries:
            raise Unreadable("to have distinct keys")
        entries[key] = read_value(instance, sort, entry[1])
    return Table(read_value(instance, sort, given["default"]), entries)


def _read_data(instance: Instance, datatype: Datatype, given: Any) -> Data:
    """Read `"nil"` or `{"cons": [1, "nil"]}`."""
    name: Any = given
    args: Any = []
    if isinstance(given, dict) and len(given) == 1:
        name, args = next(iter(given.items()))
    fields = datatype.constructors.get(name) if isinstance(name, str) else None
    if fields is None or not isinstance(args, list) or len(args) != len(fields):
        known = ", ".join(f"`{c}`" for c in list(datatype.constructors)[:12])
        raise Unreadable(f'to be a constructor ({known}) such as "nil" or {{"cons": [1, "nil"]}}')
    return Data(
        name,
        tuple(read_value(instance, f.sort, arg) for f, arg in zip(fields, args, strict=True)),
    )


def _refuse(token: str) -> Never:
    raise ValueError(f"`{token}` is not JSON")


def encodable(text: str) -> bool:
    """Tell whether a text holds no lone surrogates, which no message could repeat."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def readable(text: str) -> bool:
    """Tell whether a text is a String of SMT-LIB that every engine reads alike."""
    return encodable(text) and all(ord(char) <= LAST_CHARACTER for char in text)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if not all(encodable(key) for key, _ in pairs):
        raise ValueError("a key holds half a character")
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = Twice(found)
    twice.repeated = tuple(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]  # the idiom for "seen before"
    return twice


def _wrong_keys(instance: Instance, found: Mapping[str, Any]) -> Iterator[Diagnostic]:
    if isinstance(found, Twice):
        for name in dict.fromkeys(found.repeated):
            yield Diagnostic(
                code="smt-answer-duplicate",
                headline=f"`{name[:80]}` is given more than once",
                at=_at(name),
                help=("give each variable one value",),
                data={"variable": name[:80]},
            )
    missing = [name for name in instance.variables if name not in found]
    if missing:
        yield _listed("smt-answer-missing", missing, "has no value", "have no value")
    extra = [name for name in found if name not in instance.variables]
    if extra:
        yield _listed("smt-answer-extra", extra, "is not a variable", "are not variables")


def _listed(code: str, names: Sequence[str], one: str, several: str) -> Diagnostic:
    shown = ", ".join(f"`{name[:80]}`" for name in names[:10])
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""  # noqa: PLR2004  # a message's length
    return Diagnostic(
        code=code,
        headline=f"{shown}{more} {one if len(names) == 1 else several}",
        at=_at(names[0]) if code == "smt-answer-extra" else None,
        help=("give a value to every variable of the problem, and to nothing else",),
        data={"variables": [name[:80] for name in names[:1_000]]},
    )


def _bad_value(name: str, symbol: Var | Function, given: Any, why: str) -> Diagnostic:
    shown = given if isinstance(given, Number) else json.dumps(given, default=str)
    return Diagnostic(
        code="smt-answer-value",
        headline=f"`{name[:80]}` has {why}; the answer says {shown[:80]}",
        at=_at(name),
        notes=(f"its sort is {symbol.sort}",) if isinstance(symbol, Var) else (),
        data={"variable": name[:80]},
    )


def _at(name: str) -> Location:
    pointer = name[:80].replace("~", "~0").replace("/", "~1")
    return Location(source="answer", pointer=f"/{pointer}")


def _not_json(why: str, at: Location | None = None) -> Diagnostic:
    return Diagnostic(
        code="smt-answer-json",
        headline=f"the answer is not a JSON object: {why}",
        at=at,
        help=("answer with one JSON object that maps every variable to its value",),
    )
