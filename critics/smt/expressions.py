"""Expressions in a strict subset of Python's syntax, turned into typed terms.

`ast` parses, nothing is ever executed. Like the SMT-LIB reader this walks with a generator per
open expression, so a long sum costs no stack.
"""

import ast
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias, cast

from critics.smt.answer import Number, Unreadable, read_real, readable
from critics.smt.faults import ScriptFault
from critics.smt.literals import MAX_DIGITS, MAX_STRING
from critics.smt.signature import FALSE, TRUE, operators
from critics.smt.terms import (
    BOOL,
    INT,
    REAL,
    STRING,
    Const,
    Sort,
    SortFault,
    Term,
    Var,
    apply,
    to_sort,
)

MAX_EXPRESSION = 20_000
FUNCTIONS = ("min", "max", "abs", "sum", "all_different", "implies", "len")

Walk: TypeAlias = Generator[ast.expr, Term, Term]


@dataclass(frozen=True)
class Vocabulary:
    """The variables of a friendly problem, by name."""

    variables: Mapping[str, Var]


def read_formula(text: str, words: Vocabulary) -> Term:
    """Read a Boolean expression.

    Raises:
        ScriptFault: It is not in the allowed syntax, or not Boolean.
    """
    term = read_expression(text, words)
    if term.sort != BOOL:
        raise ScriptFault("smt-problem-sort", f"`{text[:60]}` is not Boolean but {term.sort}")
    return term


def read_expression(text: str, words: Vocabulary) -> Term:
    """Read an expression.

    Raises:
        ScriptFault: It is not in the allowed syntax, or not well sorted.
    """
    if len(text) > MAX_EXPRESSION:
        raise ScriptFault("smt-problem-limit", f"an expression of {len(text):,} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise ScriptFault("smt-problem-syntax", f"`{text[:60]}` is no expression: {why}") from None
    try:
        return _walk(_Reader(words, text.strip()), tree.body)
    except SortFault as fault:
        raise ScriptFault("smt-problem-sort", f"`{text[:60]}`: {fault}") from None


def _walk(reader: "_Reader", root: ast.expr) -> Term:
    stack: list[Walk] = [reader.steps(root)]
    value: Term | None = None
    while stack:
        try:
            wanted = stack[-1].send(cast("Term", value))
        except StopIteration as done:
            stack.pop()
            value = done.value
        else:
            stack.append(reader.steps(wanted))
            value = None
    return cast("Term", value)


@dataclass(frozen=True)
class _Reader:
    words: Vocabulary
    text: str

    def steps(self, node: ast.expr) -> Walk:
        """Read one node; its parts are asked for with `yield`."""
        read = _NODES.get(type(node))
        if read is None:
            kind = type(node).__name__.lower()
            raise ScriptFault(
                "smt-problem-syntax",
                f"`{self.source(node)}` ({kind}) is not allowed in an expression",
                help_=f"use arithmetic, comparisons, and/or/not and {', '.join(FUNCTIONS)}",
            )
        return (yield from read(self, node))

    def source(self, node: ast.expr) -> str:
        """Give a node's text, shortened."""
        return (ast.get_source_segment(self.text, node) or "")[:60]

    def name(self, node: ast.Name) -> Walk:
        yield from ()
        var = self.words.variables.get(node.id)
        if var is None:
            known = ", ".join(f"`{name}`" for name in list(self.words.variables)[:8])
            raise ScriptFault(
                "smt-problem-name",
                f"`{node.id[:80]}` is not a variable",
                help_=f"the variables are {known}",
            )
        return var

    def constant(self, node: ast.Constant) -> Walk:
        yield from ()
        value = node.value
        if isinstance(value, bool):
            return TRUE if value else FALSE
        if isinstance(value, str) and len(value) <= MAX_STRING and readable(value):
            return Const(STRING, value)
        text = (ast.get_source_segment(self.text, node) or "").replace("_", "")
        if isinstance(value, int) and len(text) <= MAX_DIGITS:
            return Const(INT, value)
        if isinstance(value, float):
            try:
                return Const(REAL, read_real(Number("0" * text.startswith(".") + text.rstrip("."))))
            except Unreadable as why:
                raise ScriptFault("smt-problem-syntax", f"`{text[:40]}` has {why}") from None
        raise ScriptFault("smt-problem-syntax", f"`{text[:40]}` is no value that is allowed here")

    def boolean(self, node: ast.BoolOp) -> Walk:
        args = []
        for part in node.values:
            args.append((yield part))  # noqa: PERF401  # a comprehension cannot yield
        return apply(operators()["and" if isinstance(node.op, ast.And) else "or"], args)

    def unary(self, node: ast.UnaryOp) -> Walk:
        arg = yield node.operand
        if isinstance(node.op, ast.Not):
            return apply(operators()["not"], [arg])
        if isinstance(node.op, ast.Invert):
            return apply(operators()["bvnot"], [arg])
        arg = counted(arg)
        if isinstance(node.op, ast.UAdd):
            return arg
        if isinstance(arg, Const) and arg.sort in (INT, REAL):
            return Const(arg.sort, -arg.value)
        return apply(operators()["bvneg" if arg.sort.name == "BitVec" else "-"], [arg])

    def binary(self, node: ast.BinOp) -> Walk:
        left = yield node.left
        right = yield node.right
        if isinstance(node.op, ast.Pow) and isinstance(right, Const) and _negative(right):
            power = apply(operators()["^"], alike(counted(left), Const(right.sort, -right.value)))
            return apply(operators()["/"], [Const(INT, 1), power])
        left, right = alike(counted(left), counted(right))
        names = _ARITHMETIC.get(type(node.op), ("", ""))
        name = names[left.sort.name == "BitVec"]
        if left.sort == STRING and isinstance(node.op, ast.Add):
            name = "str.++"
        if not name:
            raise ScriptFault("smt-problem-syntax", f"`{self.source(node)}` is not allowed")
        return apply(operators()[name], [left, right])

    def compare(self, node: ast.Compare) -> Walk:
        sides: list[ast.expr] = [node.left, *node.comparators]
        terms: list[Term] = []
        for index, side in enumerate(sides):
            listing = index and isinstance(node.ops[index - 1], ast.In | ast.NotIn)
            if listing and len(node.ops) == 1 and isinstance(side, ast.List | ast.Tuple | ast.Set):
                return (yield from self._member(terms[0], node.ops[0], side.elts))
            terms.append((yield side))
        pairs = [
            _relate(op, *alike(a, b)) for op, (a, b) in zip(node.ops, pairwise(terms), strict=True)
        ]
        return pairs[0] if len(pairs) == 1 else apply(operators()["and"], pairs)

    def _member(self, left: Term, op: ast.cmpop, items: Sequence[ast.expr]) -> Walk:
        matches = []
        for item in items:
            right = yield item
            matches.append(apply(operators()["="], alike(left, right)))
        found = apply(operators()["or"], matches) if matches else FALSE
        return found if isinstance(op, ast.In) else apply(operators()["not"], [found])

    def choice(self, node: ast.IfExp) -> Walk:
        condition = yield node.test
        yes = yield node.body
        no = yield node.orelse
        return apply(operators()["ite"], [condition, *alike(yes, no)])

    def call(self, node: ast.Call) -> Walk:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            raise ScriptFault(
                "smt-problem-syntax",
                f"`{self.source(node)}` calls no known function",
                help_=f"the functions are {', '.join(FUNCTIONS)}",
            )
        given = node.args
        if len(given) == 1 and isinstance(given[0], ast.List | ast.Tuple):
            given = given[0].elts
        args = []
        for part in given:
            args.append((yield part))  # noqa: PERF401  # a comprehension cannot yield
        return call_function(name, args)


def _negative(term: Const) -> bool:
    return term.sort in (INT, REAL) and term.value < 0


def call_function(name: str, args: list[Term]) -> Term:
    """Apply one of `FUNCTIONS`.

    Raises:
        ScriptFault: The number of arguments is wrong.
        SortFault: Their sorts are.
    """
    wanted = {"abs": 1, "len": 1, "implies": 2}.get(name)
    if not args or (wanted is not None and len(args) != wanted):
        expected = "at least one argument" if wanted is None else f"{wanted}"
        raise ScriptFault("smt-problem-syntax", f"`{name}` takes {expected}, not {len(args)}")
    if name in ("implies", "abs", "len"):
        operator = {"implies": "=>", "abs": "abs", "len": "str.len"}[name]
        return apply(operators()[operator], args)
    args = unify([counted(arg) if name == "sum" else arg for arg in args])
    if len(args) == 1:
        return TRUE if name == "all_different" else args[0]
    if name == "all_different":
        return apply(operators()["distinct"], args)
    if name == "sum" and args[0].sort.name != "BitVec":
        return apply(operators()["+"], args)
    best = args[0]
    for arg in args[1:]:
        best = _fold(name, best, arg)
    return best


def _fold(name: str, best: Term, arg: Term) -> Term:
    if name == "sum":
        return apply(operators()["bvadd"], [best, arg])
    order = ast.LtE() if name == "min" else ast.GtE()
    return apply(operators()["ite"], [_relate(order, best, arg), best, arg])


def counted(term: Term) -> Term:
    """Count a Bool as 1 or 0; leave other terms."""
    if term.sort != BOOL:
        return term
    return apply(operators()["ite"], [term, Const(INT, 1), Const(INT, 0)])


def alike(left: Term, right: Term) -> tuple[Term, Term]:
    """Bring two sides to one sort: literals to the other's, Ints to Reals."""
    left, right = _literal(left, right.sort), _literal(right, left.sort)
    return to_sort(left, right.sort), to_sort(right, left.sort)


def unify(terms: Sequence[Term]) -> list[Term]:
    """Give every literal among the terms the sort of the others."""
    leading = next((t.sort for t in terms if not isinstance(t, Const)), terms[0].sort)
    alike_terms = [_literal(term, leading) for term in terms]
    real = any(term.sort == REAL for term in alike_terms)
    return [to_sort(term, REAL) for term in alike_terms] if real else alike_terms


def _literal(term: Term, sort: Sort) -> Term:
    if not isinstance(term, Const) or term.sort == sort:
        return term
    if sort.members and term.sort == STRING:
        if term.value not in sort.members:
            shown = ", ".join(sort.members[:8])
            raise SortFault(f'"{term.value[:40]}" is not one of {shown}')
        return Const(sort, term.value)
    if sort.name == "BitVec" and term.sort == INT:
        if not 0 <= term.value < 1 << sort.width:
            raise SortFault(f"{str(term.value)[:40]} does not fit {sort.width} unsigned bits")
        return Const(sort, term.value)
    if sort == REAL and term.sort == INT:
        return Const(REAL, Fraction(term.value))
    if sort == BOOL and term.sort == INT and term.value in (0, 1):
        return TRUE if term.value else FALSE
    return term


def _relate(op: ast.cmpop, left: Term, right: Term) -> Term:
    if not isinstance(op, ast.Eq | ast.NotEq) or left.sort != right.sort:
        left, right = counted(left), counted(right)
    if isinstance(op, ast.NotEq):
        return apply(operators()["distinct"], [left, right])
    if isinstance(op, ast.Gt | ast.GtE) and left.sort == STRING:
        op, left, right = _MIRRORED[type(op)], right, left
    name = _RELATIONS.get(type(op))
    if name is None:
        raise ScriptFault("smt-problem-syntax", "`is` and `in` are not allowed here")
    names = {"BitVec": name[1], "String": name[2]}
    return apply(operators()[names.get(left.sort.name, name[0])], [left, right])


_MIRRORED = {ast.Gt: ast.Lt(), ast.GtE: ast.LtE()}
_RELATIONS = {
    ast.Eq: ("=", "=", "="),
    ast.Lt: ("<", "bvult", "str.<"),
    ast.LtE: ("<=", "bvule", "str.<="),
    ast.Gt: (">", "bvugt", ">"),
    ast.GtE: (">=", "bvuge", ">="),
}
_ARITHMETIC: Mapping[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "bvadd"),
    ast.Sub: ("-", "bvsub"),
    ast.Mult: ("*", "bvmul"),
    ast.Div: ("/", ""),
    ast.FloorDiv: ("div", "bvudiv"),
    ast.Mod: ("mod", "bvurem"),
    ast.Pow: ("^", ""),
    ast.BitAnd: ("", "bvand"),
    ast.BitOr: ("", "bvor"),
    ast.BitXor: ("", "bvxor"),
    ast.LShift: ("", "bvshl"),
    ast.RShift: ("", "bvlshr"),
}
_NODES: Mapping[type[ast.expr], Callable[[_Reader, Any], Walk]] = {
    ast.Name: _Reader.name,
    ast.Constant: _Reader.constant,
    ast.BoolOp: _Reader.boolean,
    ast.UnaryOp: _Reader.unary,
    ast.BinOp: _Reader.binary,
    ast.Compare: _Reader.compare,
    ast.IfExp: _Reader.choice,
    ast.Call: _Reader.call,
}
