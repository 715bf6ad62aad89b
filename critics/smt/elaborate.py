"""From s-expressions to typed terms.

Iterative: a generator per open expression on an explicit stack, so nesting never costs Python's
own stack. `let` and definitions disappear into sharing.
"""

import difflib
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from critics.sexpr import Atom, Node, Sexpr
from critics.smt.faults import ScriptFault
from critics.smt.literals import read_character, read_indexed, read_literal
from critics.smt.signature import FALSE, SORTS, TRUE, Macro, Signature, operators
from critics.smt.terms import (
    BOOL,
    MAX_INDEX,
    MAX_NODES,
    REGLAN,
    STRING,
    Call,
    Const,
    Function,
    Operator,
    Quantified,
    Sort,
    SortFault,
    Term,
    Var,
    apply,
    array,
    bitvec,
    postorder,
    substitute,
    to_sort,
)
from critics.smt.theories.arrays import constant_array
from critics.smt.theories.ranks import listed

Scope: TypeAlias = Mapping[str, Term]
Steps: TypeAlias = Generator[tuple[Sexpr, Scope], Term, Term]

MAX_SORT_DEPTH = 16
ATTRIBUTES = frozenset(
    {":named", ":why", ":pattern", ":no-pattern", ":qid", ":skolemid", ":weight"}
)


def elaborate(signature: Signature, item: Sexpr, scope: Scope | None = None) -> Term:
    """Turn one expression into a term.

    Raises:
        ScriptFault: It is not a well-sorted term; the fault knows the place.
    """
    stack: list[Steps] = [_steps(signature, item, scope or {})]
    value: Term | None = None
    while stack:
        try:
            wanted = stack[-1].send(cast("Term", value))
        except StopIteration as done:
            stack.pop()
            value = done.value
        else:
            stack.append(_steps(signature, *wanted))
            value = None
    return cast("Term", value)


def _steps(signature: Signature, item: Sexpr, scope: Scope) -> Steps:
    if isinstance(item, Atom):
        return _symbol(signature, item, scope)
    head = item[0] if item else None
    if isinstance(head, Atom):
        special = _SPECIAL.get(head)
        if special is not None:
            return (yield from special(signature, item, scope))
    if head is None:
        raise ScriptFault("smt-problem-syntax", "`()` is not a term", item=item)
    args: list[Term] = []
    for part in item[1:]:
        if isinstance(part, Atom):
            args.append(_symbol(signature, part, scope))
        else:
            args.append((yield part, scope))
    try:
        return _apply(signature, head, args, scope)
    except SortFault as fault:
        raise ScriptFault("smt-problem-sort", f"{fault}", item=item) from None
    except ScriptFault as fault:
        fault.item = fault.item or item
        raise


def unquote(symbol: str) -> str:
    """Give the name that a symbol stands for: `|a|` and `a` are the same."""
    return symbol[1:-1] if symbol.startswith("|") else symbol


def _symbol(signature: Signature, atom: Atom, scope: Scope) -> Term:  # noqa: PLR0911  # one case per kind of name
    name = unquote(atom)
    if name in scope:
        return scope[name]
    if name == "true":
        return TRUE
    if name == "false":
        return FALSE
    meaning = signature.names.get(name)
    if isinstance(meaning, Term):
        return meaning
    if isinstance(meaning, Macro) and not meaning.params:
        return meaning.body
    try:
        literal = None if atom.startswith("|") else read_literal(atom)
        if literal is not None:
            return literal
        if meaning is None and name in operators():
            return apply(operators()[name], [])
    except SortFault as fault:
        raise ScriptFault("smt-problem-sort", f"{fault}", item=atom) from None
    except ScriptFault as fault:
        fault.item = fault.item or atom
        raise
    raise _unknown(signature, name, atom, scope)


def _apply(signature: Signature, head: Sexpr, args: list[Term], scope: Scope) -> Term:
    if isinstance(head, Node):
        return _apply_qualified(signature, head, args)
    name = unquote(head)
    if name in scope:
        raise ScriptFault("smt-problem-sort", f"`{name[:80]}` is no function", item=head)
    meaning = signature.names.get(name) or operators().get(name)
    if isinstance(meaning, Operator):
        return apply(meaning, args)
    if isinstance(meaning, Function):
        return Call(meaning.sort, meaning, _fitting(name, meaning.params, args))
    if isinstance(meaning, Macro):
        return _expand(signature, name, meaning, args)
    if meaning is None:
        raise _unknown(signature, name, head, scope)
    raise ScriptFault("smt-problem-sort", f"`{name[:80]}` is no function", item=head)


def _fitting(name: str, params: Sequence[Sort], args: Sequence[Term]) -> tuple[Term, ...]:
    if len(params) == len(args):
        args = [to_sort(arg, sort) for arg, sort in zip(args, params, strict=True)]
    if [arg.sort for arg in args] != list(params):
        got = listed([arg.sort for arg in args])
        raise SortFault(f"`{name[:80]}` takes {listed(list(params))}, not {got}")
    return tuple(args)


def _expand(signature: Signature, name: str, macro: Macro, args: list[Term]) -> Term:
    fitting = _fitting(name, [param.sort for param in macro.params], args)
    signature.nodes += macro.size
    if signature.nodes > MAX_NODES:
        raise ScriptFault(
            "smt-problem-limit", f"the definitions expand to more than {MAX_NODES:,} terms"
        )
    return substitute(macro.body, dict(zip(macro.params, fitting, strict=True)))


def _apply_qualified(signature: Signature, head: Node, args: list[Term]) -> Term:
    """Apply `(_ f 1 2)`, `(_ is c)`, `(as const S)` or `(as f S)`."""
    match list(head):
        case ["as", "const", sort]:
            return apply(constant_array(read_sort(signature, sort)), args)
        case ["as", Atom() as name, sort]:
            return _of_sort(signature, _apply(signature, name, args, {}), sort)
        case ["_", "is", Atom() as name]:
            tester = signature.names.get(f"is-{unquote(name)}")
            if isinstance(tester, Operator):
                return apply(tester, args)
            raise ScriptFault("smt-problem-name", f"`{name[:80]}` is no constructor", item=head)
        case ["_", Atom() as name, *indices] if indices:
            operator = operators().get(unquote(name))
            if operator is None or not operator.indexed:
                raise _unknown(signature, unquote(name), head, {})
            return apply(operator, args, [read_index(index) for index in indices])
    raise ScriptFault("smt-problem-syntax", "a list in this place is no function", item=head)


def _of_sort(signature: Signature, term: Term, item: Sexpr) -> Term:
    sort = read_sort(signature, item)
    if term.sort != sort:
        raise ScriptFault("smt-problem-sort", f"the term is {term.sort}, not {sort}", item=item)
    return term


def read_index(item: Sexpr) -> int:
    """Read a numeral index.

    Raises:
        ScriptFault: It is none, or above the cap.
    """
    if not isinstance(item, Atom) or not (item.isascii() and item.isdigit()):
        raise ScriptFault("smt-problem-syntax", "an index is a numeral", item=item)
    if len(item) > len(f"{MAX_INDEX}") or int(item) > MAX_INDEX:
        raise ScriptFault(
            "smt-problem-limit", f"an index of {item[:12]}; at most {MAX_INDEX:,}", item=item
        )
    return int(item)


def read_sort(signature: Signature, item: Sexpr) -> Sort:
    """Read a sort; nested `Array` sorts are few, so this recurses within a small cap.

    Raises:
        ScriptFault: There is no such sort.
    """
    return _read_sort(signature, item, 0)


def _read_sort(signature: Signature, item: Sexpr, depth: int) -> Sort:
    if depth > MAX_SORT_DEPTH:
        raise ScriptFault("smt-problem-limit", "a sort is nested too deep", item=item)
    if isinstance(item, Atom):
        sort = SORTS.get(item) or signature.sorts.get(unquote(item))
        if sort is not None:
            return sort
    else:
        match list(item):
            case ["_", "BitVec", width]:
                return bitvec(read_index(width))
            case ["Array", index, element]:
                inner = [_read_sort(signature, part, depth + 1) for part in (index, element)]
                if inner[0].name == "Array":
                    why = "an array that is indexed by arrays"
                    raise ScriptFault("smt-problem-unsupported", why, item=item)
                if REGLAN not in inner:
                    return array(*inner)
    shown = item if isinstance(item, Atom) else "(" + " ".join(map(str, item[:3])) + ")"
    raise ScriptFault("smt-problem-sort", f"there is no sort `{shown[:80]}`", item=item)


def _let(_signature: Signature, item: Node, scope: Scope) -> Steps:
    match list(item):
        case [_, Node() as bindings, body] if bindings:
            bound: dict[str, Term] = {}
            for name, term in _pairs(bindings):
                bound[name] = yield term, scope
            return (yield body, {**scope, **bound})
    raise ScriptFault("smt-problem-syntax", "`let` takes bindings and one term", item=item)


def _pairs(items: Node) -> Iterator[tuple[str, Sexpr]]:
    """Give the names and what stands beside them in `((x t) (y t))`."""
    seen: set[str] = set()
    for item in items:
        match item:
            case [Atom() as symbol, other]:
                name = unquote(symbol)
            case _:
                raise ScriptFault("smt-problem-syntax", "a binding is `(name …)`", item=item)
        if name in seen:
            raise ScriptFault("smt-problem-name", f"`{name[:80]}` is bound twice", item=item)
        seen.add(name)
        yield name, other


def _quantified(signature: Signature, item: Node, scope: Scope) -> Steps:
    match list(item):
        case [kind, Node() as variables, inner] if variables:
            bound = read_variables(signature, variables)
            body = yield inner, {**scope, **{var.name: var for var in bound}}
            if body.sort == BOOL:
                return Quantified(BOOL, kind == "forall", bound, body)
    raise ScriptFault(
        "smt-problem-syntax", f"`{item[0]!s}` takes variables and one Bool term", item=item
    )


def read_variables(signature: Signature, items: Node) -> tuple[Var, ...]:
    """Read `((x Int) (y Bool))`.

    Raises:
        ScriptFault: It is not that, or a name comes twice.
    """
    return tuple(Var(read_sort(signature, sort), name) for name, sort in _pairs(items))


def _annotated(signature: Signature, item: Node, scope: Scope) -> Steps:
    attributes = list(item[2:])
    if not attributes or len(attributes) % 2:
        raise ScriptFault("smt-problem-syntax", "`!` takes a term and pairs", item=item)
    term = yield item[1], scope
    for key, value in zip(attributes[::2], attributes[1::2], strict=True):
        if not isinstance(key, Atom) or key not in ATTRIBUTES:
            raise ScriptFault(
                "smt-problem-syntax", f"`!` with `{key!s:.40}` is not read", item=item
            )
        if key == ":named" and isinstance(value, Atom):
            _name(signature, unquote(value), term, value)
    return term


def _name(signature: Signature, name: str, term: Term, place: Atom) -> None:
    nodes = list(postorder(term))
    own = {id(var) for node in nodes if isinstance(node, Quantified) for var in node.bound}
    own |= {id(var) for var in signature.variables.values()}
    if any(isinstance(node, Var) and id(node) not in own for node in nodes):
        raise ScriptFault(
            "smt-problem-name", f"`{name[:80]}` names a term with bound variables", item=place
        )
    signature.declare(name, Macro((), term))


def _indexed(_signature: Signature, item: Node, _scope: Scope) -> Steps:
    """Read `(_ bv5 8)`, `(_ char #x41)` and indexed constants."""
    yield from ()
    match list(item):
        case ["_", "char", Atom() as code]:
            return Const(STRING, read_character(code))
        case ["_", Atom() as symbol, Atom() as width] if symbol.startswith("bv"):
            literal = read_indexed(symbol, read_index(width))
            if literal is not None:
                return literal
    raise ScriptFault("smt-problem-syntax", "this `_` stands for no constant", item=item)


def _ascribed(signature: Signature, item: Node, scope: Scope) -> Steps:
    match list(item):
        case ["as", inner, sort]:
            return _of_sort(signature, (yield inner, scope), sort)
    raise ScriptFault("smt-problem-syntax", "`as` takes a term and a sort", item=item)


def _match(_signature: Signature, item: Node, _scope: Scope) -> Steps:
    yield from ()
    raise ScriptFault(
        "smt-problem-unsupported", "`match` is not supported", item=item, help_="use testers"
    )


_SPECIAL = {
    "let": _let,
    "forall": _quantified,
    "exists": _quantified,
    "!": _annotated,
    "_": _indexed,
    "as": _ascribed,
    "match": _match,
}


def _unknown(signature: Signature, name: str, item: Sexpr, scope: Scope) -> ScriptFault:
    known = [*scope, *signature.names, *operators()][:2_000]
    near = difflib.get_close_matches(name[:80], known, n=1)
    return ScriptFault(
        "smt-problem-name",
        f"`{name[:80]}` is not declared",
        item=item,
        help_=f"did you mean `{near[0]}`?" if near else "declare it before it is used",
    )
