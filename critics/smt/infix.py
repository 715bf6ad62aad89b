"""Terms and values as people write them, shortened; for messages only, never read back."""

import json
from fractions import Fraction

from critics.smt.terms import App, Call, Const, Quantified, Sort, Term, Value, Var
from critics.smt.values import Data, Table

MAX_SHOWN = 120
MAX_DEPTH = 12
MAX_DECIMALS = 6

_INFIX = {
    "=": ("=", 3),
    "distinct": ("!=", 3),
    "<": ("<", 3),
    "<=": ("<=", 3),
    ">": (">", 3),
    ">=": (">=", 3),
    "and": ("and", 1),
    "or": ("or", 0),
    "=>": ("implies", 0),
    "+": ("+", 4),
    "-": ("-", 4),
    "*": ("*", 5),
    "/": ("/", 5),
    "div": ("div", 5),
    "mod": ("mod", 5),
}


def show(term: Term) -> str:
    """Write a term in one short line."""
    text = _show(term, 0, MAX_DEPTH)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _show(term: Term, outer: int, depth: int) -> str:
    if depth == 0:
        return "…"
    if isinstance(term, Const):
        return show_value(term.sort, term.value)
    if isinstance(term, Var):
        return term.name[:60]
    if isinstance(term, Call):
        inner = ", ".join(_show(arg, 0, depth - 1) for arg in term.args[:12])
        return f"{term.function.name[:60]}({inner})"
    if isinstance(term, Quantified):
        names = ", ".join(var.name for var in term.bound[:6])
        word = "forall" if term.universal else "exists"
        return f"({word} {names}: {_show(term.body, 0, depth - 1)})"
    assert isinstance(term, App)  # noqa: S101  # the last of the kinds of terms
    return _show_application(term, outer, depth - 1)


def _show_application(term: App, outer: int, depth: int) -> str:
    name, args = term.operator.name, term.args
    if name == "to_real":
        return _show(args[0], outer, depth)
    if name == "-" and len(args) == 1:
        return f"-{_show(args[0], 6, depth)}"
    if name == "not":
        return f"not ({_show(args[0], 0, depth)})"
    if name in _INFIX and len(args) > 1 and not (name == "distinct" and len(args) > 2):  # noqa: PLR2004  # `!=` has two sides
        symbol, level = _INFIX[name]
        shown = [_show(arg, level + 1, depth) for arg in args[:12]]
        text = f" {symbol} ".join(shown + (["…"] if len(args) > 12 else []))  # noqa: PLR2004  # a message's length
        return f"({text})" if level < outer else text
    indices = "".join(f"[{index}]" for index in term.indices)
    inner = ", ".join(_show(arg, 0, depth) for arg in args[:12])
    return f"{name}{indices}({inner}{', …' if len(args) > 12 else ''})"  # noqa: PLR2004  # a message's length


def show_value(sort: Sort, value: Value) -> str:  # noqa: PLR0911  # one case per kind of value
    """Write a value of a sort."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Table):
        return f"a table of {len(value.entries)} entries"
    if isinstance(value, Data):
        return value.constructor
    if sort.name == "BitVec" and isinstance(value, int):
        return f"#b{value:0{sort.width}b}" if sort.width <= 8 else f"{value:#x}"[:80]  # noqa: PLR2004  # a byte
    if isinstance(value, int | Fraction):
        if value.numerator.bit_length() + value.denominator.bit_length() > 400:  # noqa: PLR2004  # a message's length
            return "a very large number"
        return _decimal(value)
    if isinstance(value, str):
        return value if sort.members else json.dumps(value)[:80]
    return str(value)[:80]


def _decimal(value: int | Fraction) -> str:
    """Write a number exactly: as a short decimal where it is one, else as a fraction."""
    scaled = value * 10**MAX_DECIMALS
    if value.denominator == 1 or scaled.denominator != 1:
        return f"{value}"
    digits = f"{abs(scaled.numerator):0{MAX_DECIMALS + 1}d}"
    text = f"{digits[:-MAX_DECIMALS]}.{digits[-MAX_DECIMALS:].rstrip('0')}"
    return f"-{text}" if value < 0 else text
