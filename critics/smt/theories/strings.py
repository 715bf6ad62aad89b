"""UnicodeStrings: a string is a sequence of code points up to U+2FFFF; every operator is total."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from critics.smt.literals import LAST_CHARACTER
from critics.smt.terms import BOOL, INT, STRING, App, Operator, Value
from critics.smt.theories.ranks import fixed, many
from critics.smt.values import MAX_RESULT_CHARS, OverBudget

MAX_DIGITS = 4_000
DIGITS = frozenset("0123456789")


def sized(text: str) -> str:
    """Pass a string on if it is within the caps.

    Raises:
        OverBudget: It is longer than `MAX_RESULT_CHARS`.
    """
    if len(text) > MAX_RESULT_CHARS:
        raise OverBudget(f"a string of more than {MAX_RESULT_CHARS:,} characters")
    return text


def _chain(relation: Callable[[str, str], bool]) -> Callable[[App, Sequence[Value]], Value]:
    return lambda _node, args: all(relation(a, b) for a, b in pairwise(args))


def _at(_node: App, args: Sequence[Value]) -> Value:
    text, index = args
    return text[index] if 0 <= index < len(text) else ""


def _substring(_node: App, args: Sequence[Value]) -> Value:
    text, start, length = args
    if not 0 <= start < len(text) or length <= 0:
        return ""
    return text[start : start + length]


def _index(_node: App, args: Sequence[Value]) -> Value:
    text, part, start = args
    return text.find(part, start) if 0 <= start <= len(text) else -1


def _replace(_node: App, args: Sequence[Value]) -> Value:
    text, old, new = args
    return sized(text.replace(old, new, 1))


def _replace_all(_node: App, args: Sequence[Value]) -> Value:
    text, old, new = args
    if not old:
        return text
    if len(new) > len(old) and text.count(old) * len(new) > MAX_RESULT_CHARS:
        raise OverBudget(f"a string of more than {MAX_RESULT_CHARS:,} characters")
    return text.replace(old, new)


def _to_int(_node: App, args: Sequence[Value]) -> Value:
    text = args[0]
    if not text or not DIGITS.issuperset(text):
        return -1
    if len(text) > MAX_DIGITS:
        raise OverBudget(f"a number of more than {MAX_DIGITS:,} digits")
    return int(text)


def _from_int(_node: App, args: Sequence[Value]) -> Value:
    if args[0] < 0:
        return ""
    if args[0].bit_length() > 3 * MAX_DIGITS:
        raise OverBudget(f"a number of more than {MAX_DIGITS:,} digits")
    return str(args[0])


def _from_code(_node: App, args: Sequence[Value]) -> Value:
    return chr(args[0]) if 0 <= args[0] <= LAST_CHARACTER else ""


def _concatenate(_node: App, args: Sequence[Value]) -> Value:
    if sum(map(len, args)) > MAX_RESULT_CHARS:
        raise OverBudget(f"a string of more than {MAX_RESULT_CHARS:,} characters")
    return "".join(args)


OPERATORS = (
    Operator("str.++", many(STRING, STRING), _concatenate),
    Operator("str.len", fixed([STRING], INT), lambda _n, args: len(args[0])),
    Operator("str.<", many(STRING, BOOL, 2), _chain(str.__lt__)),
    Operator("str.<=", many(STRING, BOOL, 2), _chain(str.__le__)),
    Operator("str.at", fixed([STRING, INT], STRING), _at),
    Operator("str.substr", fixed([STRING, INT, INT], STRING), _substring),
    Operator(
        "str.prefixof", fixed([STRING, STRING], BOOL), lambda _n, args: args[1].startswith(args[0])
    ),
    Operator(
        "str.suffixof", fixed([STRING, STRING], BOOL), lambda _n, args: args[1].endswith(args[0])
    ),
    Operator("str.contains", fixed([STRING, STRING], BOOL), lambda _n, args: args[1] in args[0]),
    Operator("str.indexof", fixed([STRING, STRING, INT], INT), _index),
    Operator("str.replace", fixed([STRING, STRING, STRING], STRING), _replace),
    Operator("str.replace_all", fixed([STRING, STRING, STRING], STRING), _replace_all),
    Operator(
        "str.is_digit",
        fixed([STRING], BOOL),
        lambda _n, args: len(args[0]) == 1 and args[0] in DIGITS,
    ),
    Operator(
        "str.to_code",
        fixed([STRING], INT),
        lambda _n, args: ord(args[0]) if len(args[0]) == 1 else -1,
    ),
    Operator("str.from_code", fixed([INT], STRING), _from_code),
    Operator("str.to_int", fixed([STRING], INT), _to_int, legacy=("str.to.int",)),
    Operator(
        "str.from_int", fixed([INT], STRING), _from_int, legacy=("int.to.str", "str.from.int")
    ),
)
