"""Canonical SMT-LIB from typed terms: the only text an engine ever sees.

Invariants:
    * No character of the user's or the model's reaches the text: names are `v0`, `f0`, `c0`, …,
      numbers are printed from values, strings are escaped code point by code point.
    * What is shared in the term is defined once (`define-fun`), so the text is as large as the
      DAG; nesting is broken up, so no parser meets a deep text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from critics.smt.evaluate import outside_quantifiers
from critics.smt.problem import Datatype, Instance
from critics.smt.terms import (
    App,
    Call,
    Const,
    Function,
    Quantified,
    Sort,
    Term,
    Value,
    Var,
    postorder,
)
from critics.smt.values import Data, Table, bits

MAX_TEXT = 2_000_000
MAX_LITERAL_BITS = 13_000
MAX_STRING = 1_000
MAX_POWER = 1_000
NESTING = 60
MAX_BOUND_BITS = 128

_SINGLE = frozenset(
    {"and", "or", "+", "*", "str.++", "re.++", "re.union", "re.inter", "concat"}
    | {"bvand", "bvor", "bvxor", "bvadd", "bvmul"}
)
"""Operators that mean their argument when they have only one."""


class Unsupported(Exception):
    """A term cannot be put to an engine; the message says why."""


@dataclass
class Emitter:
    """Writes terms of one instance; remembers what it has declared and defined.

    Attributes:
        lines: Declarations and definitions, in order.
        symbols: What each emitted constant stands for.
    """

    instance: Instance
    lines: list[str] = field(default_factory=list)
    symbols: dict[str, Var] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _user: dict[str, str] = field(default_factory=dict)
    _sorts: dict[str, str] = field(default_factory=dict)
    _elements: dict[tuple[str, str], str] = field(default_factory=dict)
    _keep: list[Term] = field(default_factory=list)

    def declare(
        self, symbols: Iterable[Var | Function], fixed: Mapping[Var | Function, Value] | None = None
    ) -> None:
        """Declare symbols; those with a value in `fixed` are defined to be it.

        Raises:
            Unsupported: A value or sort cannot be written.
        """
        values = fixed or {}
        for name in self.instance.opaque:
            self._sorts[name] = f"U{len(self._sorts)}"
            self.lines.append(f"(declare-sort {self._sorts[name]} 0)")
        self._declare_datatypes()
        for symbol in symbols:
            if isinstance(symbol, Function):
                self._declare_function(symbol, values.get(symbol))
                continue
            name = self._names[id(symbol)] = f"v{len(self.symbols)}"
            self.symbols[name] = symbol
            sort = self.sort(symbol.sort)
            if symbol in values:
                value = self.value(symbol.sort, values[symbol])
                self.lines.append(f"(define-fun {name} () {sort} {value})")
            else:
                self.lines.append(f"(declare-const {name} {sort})")

    def formula(self, term: Term) -> str:
        """Write a term; shared and deep parts are defined first.

        Raises:
            Unsupported: It cannot be written, or grows too large.
        """
        self._keep.append(term)
        uses: Counter[int] = Counter()
        nodes = list(outside_quantifiers(term))
        for node in nodes:
            if isinstance(node, App | Call):
                uses.update(id(part) for part in node.args)
        texts: dict[int, tuple[str, int]] = {}
        for node in nodes:
            texts[id(node)] = self._node(node, texts, shared=uses[id(node)] > 1)
        return texts[id(term)][0]

    def _node(
        self, node: Term, texts: dict[int, tuple[str, int]], *, shared: bool
    ) -> tuple[str, int]:
        if id(node) in self._names:
            return self._names[id(node)], 0
        if isinstance(node, Quantified):
            return self._define(node, self._quantified(node)), 0
        if not isinstance(node, App | Call):
            return self._leaf(node), 0
        parts = [texts[id(part)] for part in node.args]
        text = self._application(node, [part for part, _ in parts])
        depth = 1 + max((depth for _, depth in parts), default=0)
        if len(text) > MAX_TEXT:
            raise Unsupported("the constraint is too large for an engine")
        if node.args and (shared or depth > NESTING) and node.sort.name != "RegLan":
            return self._define(node, text), 0
        return text, depth

    def _define(self, node: Term, text: str) -> str:
        self._keep.append(node)
        name = self._names[id(node)] = f"d{len(self._names)}"
        self.lines.append(f"(define-fun {name} () {self.sort(node.sort)} {text})")
        return name

    def _quantified(self, node: Quantified) -> str:
        """Write a quantifier's body as a tree: definitions cannot hold bound variables."""
        for var in node.bound:
            if var.sort.name == "BitVec" and var.sort.width > MAX_BOUND_BITS:
                raise Unsupported(f"a quantified bit-vector of more than {MAX_BOUND_BITS} bits")
            self._names.setdefault(id(var), f"b{len(self._names)}")
            self._keep.append(var)
        texts: dict[int, str] = {}
        for part in postorder(node.body):
            if id(part) in self._names:
                text = self._names[id(part)]
            elif isinstance(part, Quantified):
                text = self._binder(part, texts[id(part.body)])
            elif isinstance(part, App | Call):
                text = self._application(part, [texts[id(arg)] for arg in part.args])
            else:
                text = self._leaf(part)
            if len(text) > MAX_TEXT // 10:
                raise Unsupported("a quantified formula is too large for an engine")
            texts[id(part)] = text
        return self._binder(node, texts[id(node.body)])

    def _binder(self, node: Quantified, body: str) -> str:
        bound = " ".join(f"({self._leaf(var)} {self.sort(var.sort)})" for var in node.bound)
        return f"({'forall' if node.universal else 'exists'} ({bound}) {body})"

    def _leaf(self, node: Term) -> str:
        if isinstance(node, Var):
            self._keep.append(node)
            return self._names.setdefault(id(node), f"b{len(self._names)}")
        if isinstance(node, Const):
            return self.value(node.sort, node.value)
        raise Unsupported("a term of an unknown kind")

    def _application(self, node: App | Call, args: list[str]) -> str:  # noqa: PLR0911  # one case per spelling
        if isinstance(node, Call):
            return f"({self._names[id(node.function)]} {' '.join(args)})"
        name = node.operator.name
        if name in _SINGLE and len(args) == 1:
            return args[0]
        if name.startswith("(as const"):
            return f"((as const {self.sort(node.sort)}) {args[0]})"
        if name == "divisible":
            return f"(= (mod {args[0]} {node.indices[0]}) 0)"
        if name == "^":
            return _power(node, args)
        if name in ("str.<", "str.<=") and len(args) > 2:  # noqa: PLR2004  # engines take two
            return "(and " + " ".join(f"({name} {a} {b})" for a, b in pairwise(args)) + ")"
        head = self._user.get(name, name)
        if node.indices:
            head = f"(_ {name} {' '.join(map(str, node.indices))})"
        return f"({head} {' '.join(args)})" if args else head

    def sort(self, sort: Sort) -> str:
        """Write a sort."""
        if sort.name == "Array":
            return f"(Array {self.sort(sort.part(0))} {self.sort(sort.part(1))})"
        if sort.members and sort.name not in self._sorts:
            self._declare_datatype(Datatype(sort.name, dict.fromkeys(sort.members, ())))
        return self._sorts.get(sort.name, str(sort))

    def value(self, sort: Sort, value: Value) -> str:  # noqa: PLR0911  # one case per kind of value
        """Write a value.

        Raises:
            Unsupported: It is too large to print.
        """
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | Fraction):
            return _number(sort, value)
        if sort.name == "String":
            if len(value) > MAX_STRING:
                raise Unsupported("a string too long for an engine")
            return '"' + "".join(map(_escaped, value)) + '"'
        if isinstance(value, Table):
            return self._array(sort, value)
        if isinstance(value, Data):
            return self._data(value, self.instance.datatypes[sort.name])
        self.sort(sort)
        if sort.members:
            return self._user[f"{sort.name} {value}"]
        if (sort.name, value) not in self._elements:
            self._declare_element(sort, value)
        return self._elements[sort.name, value]

    def _array(self, sort: Sort, table: Table) -> str:
        text = f"((as const {self.sort(sort)}) {self.value(sort.part(1), table.default)})"
        for key, value in table.entries.items():
            text = (
                f"(store {text} {self.value(sort.part(0), key)} {self.value(sort.part(1), value)})"
            )
        return text

    def _data(self, data: Data, datatype: Datatype) -> str:
        name = self._user[data.constructor]
        fields = datatype.constructors[data.constructor]
        args = [self.value(f.sort, v) for f, v in zip(fields, data.fields, strict=True)]
        return f"({name} {' '.join(args)})" if args else name

    def _declare_element(self, sort: Sort, value: str) -> None:
        """Declare an element of an opaque sort, different from all the others."""
        name = f"e{len(self._elements)}"
        self.lines.append(f"(declare-const {name} {self._sorts[sort.name]})")
        for (other, _), known in self._elements.items():
            if other == sort.name:
                self.lines.append(f"(assert (distinct {known} {name}))")
        self._elements[sort.name, value] = name

    def _declare_function(self, function: Function, table: Table | None) -> None:
        name = self._names[id(function)] = f"f{len(self._names)}"
        sorts = [self.sort(sort) for sort in function.params]
        if table is None:
            self.lines.append(
                f"(declare-fun {name} ({' '.join(sorts)}) {self.sort(function.sort)})"
            )
            return
        text = self.value(function.sort, table.default)
        for key, value in table.entries.items():
            pairs = zip(function.params, key, strict=True)
            tests = [f"(= x{i} {self.value(sort, arg)})" for i, (sort, arg) in enumerate(pairs)]
            text = f"(ite (and true {' '.join(tests)}) {self.value(function.sort, value)} {text})"
        params = " ".join(f"(x{index} {sort})" for index, sort in enumerate(sorts))
        self.lines.append(f"(define-fun {name} ({params}) {self.sort(function.sort)} {text})")

    def _declare_datatypes(self) -> None:
        """Declare enumerations one by one, and the datatypes with fields together."""
        structured = [d for d in self.instance.datatypes.values() if not d.plain]
        for datatype in self.instance.datatypes.values():
            if datatype.plain:
                self._declare_datatype(datatype)
        for datatype in structured:
            self._sorts[datatype.name] = f"D{len(self._sorts)}"
        if structured:
            heads = " ".join(f"({self._sorts[d.name]} 0)" for d in structured)
            bodies = " ".join(self._constructors(d) for d in structured)
            self.lines.append(f"(declare-datatypes ({heads}) ({bodies}))")

    def _declare_datatype(self, datatype: Datatype) -> None:
        sort = self._sorts[datatype.name] = f"D{len(self._sorts)}"
        self.lines.append(f"(declare-datatypes (({sort} 0)) ({self._constructors(datatype)}))")

    def _constructors(self, datatype: Datatype) -> str:
        sort, texts = self._sorts[datatype.name], []
        for index, (constructor, fields) in enumerate(datatype.constructors.items()):
            name = f"{sort}c{index}"
            self._user[constructor] = self._user[f"{datatype.name} {constructor}"] = name
            self._user[f"is-{constructor}"] = f"(_ is {name})"
            selectors = []
            for place, part in enumerate(fields):
                self._user[part.selector] = f"{name}s{place}"
                selectors.append(f"({name}s{place} {self.sort(part.sort)})")
            texts.append(f"({' '.join([name, *selectors])})")
        return f"({' '.join(texts)})"


def _power(node: App, args: list[str]) -> str:
    exponent = node.args[1]
    while isinstance(exponent, App) and exponent.operator.name == "to_real":
        exponent = exponent.args[0]
    power = exponent.value if isinstance(exponent, Const) else 0
    if not 1 <= power <= MAX_POWER or len(args[0]) * power > MAX_TEXT // 100:
        raise Unsupported(f"an exponent other than a small literal from 1 to {MAX_POWER:,}")
    return f"(* {' '.join([args[0]] * int(power))})" if power > 1 else args[0]


def _number(sort: Sort, value: int | Fraction) -> str:
    if bits(value) > MAX_LITERAL_BITS:
        raise Unsupported("a number too large to print")
    if sort.name == "BitVec":
        return f"#b{value:0{sort.width}b}"
    if sort.name == "Int":
        return f"{value}" if value >= 0 else f"(- {-value})"
    numerator, denominator = abs(value.numerator), value.denominator
    text = f"{numerator}.0" if denominator == 1 else f"(/ {numerator}.0 {denominator}.0)"
    return text if value >= 0 else f"(- {text})"


def _escaped(char: str) -> str:
    if char == '"':
        return '""'
    return char if " " <= char <= "~" and char != "\\" else f"\\u{{{ord(char):x}}}"
