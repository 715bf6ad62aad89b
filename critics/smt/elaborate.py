"""From s-expressions to typed terms.

Iterative: a generator per open expression on an explicit stack, so nesting never costs Python's
own stack. `let` and definitions disappear into sharing.
"""

import difflib
from collections.abc import Generator, Mapping, Sequence
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
    if len(head) == 3 and head[0] == "as" and isinstance(head[1], Atom):  # noqa: PLR2004  # (as f S)
        sort = read_sort(signature, head[2])
        if head[1] == "const":
            return apply(constant_array(sort), args)
        term = _apply(signature, head[1], args, {})
        if term.sort != sort:
            raise SortFault(f"`{head[1][:80]}` gives {term.sort}, not {sort}")
        return term
    if len(head) < 3 or head[0] != "_" or not isinstance(head[1], Atom):  # noqa: PLR2004  # (_ f i)
        raise ScriptFault("smt-problem-syntax", "a list in this place is no function", item=head)
    name = unquote(head[1])
    if name == "is" and isinstance(head[2], Atom):
        tester = signature.names.get(f"is-{unquote(head[2])}")
        if isinstance(tester, Operator):
            return apply(tester, args)
        raise ScriptFault("smt-problem-name", f"`{head[2][:80]}` is no constructor", item=head)
    operator = operators().get(name)
    if operator is None or not operator.indexed:
        raise _unknown(signature, name, head, {})
    return apply(operator, args, [read_index(index) for index in head[2:]])


def read_index(item: Sexpr) -> int:
    """Read a numeral index.

    Raises:
        ScriptFault: It is none, or above the cap.
    """
    if not isinstance(item, Atom) or not (item.isascii() and item.isdigit()):
        raise ScriptFault("smt-problem-syntax", "an index is a numeral", item=item)
    if len(item) > 6 or int(item) > MAX_INDEX:  # noqa: PLR2004  # more digits than the cap has
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
    if depth > 16:  # noqa: PLR2004  # far beyond any real sort
        raise ScriptFault("smt-problem-limit", "a sort is nested more than 16 deep", item=item)
    if isinstance(item, Atom):
        sort = SORTS.get(item) or signature.sorts.get(unquote(item))
        if sort is not None:
            return sort
    elif len(item) == 3 and item[0] == "_" and item[1] == "BitVec":  # noqa: PLR2004  # (_ BitVec n)
        return bitvec(read_index(item[2]))
    elif len(item) == 3 and item[0] == "Array":  # noqa: PLR2004  # (Array I E)
        inner = [_read_sort(signature, part, depth + 1) for part in item[1:]]
        if REGLAN in inner:
            raise ScriptFault("smt-problem-sort", "an array of RegLan is no sort", item=item)
        return array(inner[0], inner[1])
    elif item and isinstance(item[0], Atom) and unquote(item[0]) in signature.aliases:
        inner = [_read_sort(signature, part, depth + 1) for part in item[1:]]
        return signature.aliases[unquote(item[0])](inner)
    shown = item if isinstance(item, Atom) else "(" + " ".join(map(str, item[:3])) + ")"
    raise ScriptFault("smt-problem-sort", f"there is no sort `{shown[:80]}`", item=item)


def _let(_signature: Signature, item: Node, scope: Scope) -> Steps:
    if len(item) != 3 or not isinstance(item[1], Node) or not item[1]:  # noqa: PLR2004  # (let (…) t)
        raise ScriptFault("smt-problem-syntax", "`let` takes bindings and one term", item=item)
    bound: dict[str, Term] = {}
    for binding in item[1]:
        if not isinstance(binding, Node) or len(binding) != 2 or not isinstance(binding[0], Atom):  # noqa: PLR2004  # (x t)
            raise ScriptFault("smt-problem-syntax", "a binding is `(name term)`", item=binding)
        name = unquote(binding[0])
        if name in bound:
            raise ScriptFault("smt-problem-name", f"`let` binds `{name}` twice", item=binding)
        bound[name] = yield binding[1], scope
    return (yield item[2], {**scope, **bound})


def _quantified(signature: Signature, item: Node, scope: Scope) -> Steps:
    if len(item) != 3 or not isinstance(item[1], Node) or not item[1]:  # noqa: PLR2004  # (forall (…) t)
        raise ScriptFault(
            "smt-problem-syntax", f"`{item[0]}` takes variables and one term", item=item
        )
    bound = read_variables(signature, item[1])
    body = yield item[2], {**scope, **{var.name: var for var in bound}}
    if body.sort != BOOL:
        raise ScriptFault("smt-problem-sort", f"`{item[0]}` takes a Bool body", item=item)
    return Quantified(BOOL, item[0] == "forall", bound, body)


def read_variables(signature: Signature, items: Node) -> tuple[Var, ...]:
    """Read `((x Int) (y Bool))`.

    Raises:
        ScriptFault: It is not that, or a name comes twice.
    """
    bound: dict[str, Var] = {}
    for item in items:
        if not isinstance(item, Node) or len(item) != 2 or not isinstance(item[0], Atom):  # noqa: PLR2004  # (x S)
            raise ScriptFault("smt-problem-syntax", "a variable is `(name sort)`", item=item)
        name = unquote(item[0])
        if name in bound:
            raise ScriptFault("smt-problem-name", f"`{name}` is bound twice", item=item)
        bound[name] = Var(read_sort(signature, item[1]), name)
    return tuple(bound.values())


def _annotated(signature: Signature, item: Node, scope: Scope) -> Steps:
    if len(item) < 2 or len(item) % 2:  # noqa: PLR2004  # (! t :key value …)
        raise ScriptFault("smt-problem-syntax", "`!` takes a term and pairs", item=item)
    term = yield item[1], scope
    for key, value in zip(item[2::2], item[3::2], strict=True):
        if key not in ATTRIBUTES:
            raise ScriptFault(
                "smt-problem-syntax", f"`!` with `{key!s:.40}` is not read", item=item
            )
        if key == ":named" and isinstance(value, Atom):
            _name(signature, unquote(value), term, value)
    return term


def _name(signature: Signature, name: str, term: Term, place: Atom) -> None:
    free = {id(var) for var in signature.variables.values()}
    if any(isinstance(node, Var) and id(node) not in free for node in postorder(term)):
        raise ScriptFault(
            "smt-problem-name", f"`{name[:80]}` names a term with bound variables", item=place
        )
    signature.declare(name, Macro((), term))


def _indexed(_signature: Signature, item: Node, _scope: Scope) -> Steps:
    """Read `(_ bv5 8)`, `(_ char #x41)` and indexed constants."""
    yield from ()
    if len(item) == 3 and isinstance(item[1], Atom) and isinstance(item[2], Atom):  # noqa: PLR2004  # (_ bv5 8)
        if item[1] == "char":
            return Const(STRING, read_character(item[2]))
        if item[1].startswith("bv"):
            literal = read_indexed(item[1], read_index(item[2]))
            if literal is not None:
                return literal
    raise ScriptFault("smt-problem-syntax", "this `_` stands for no constant", item=item)


def _ascribed(signature: Signature, item: Node, scope: Scope) -> Steps:
    if len(item) != 3:  # noqa: PLR2004  # (as c S)
        raise ScriptFault("smt-problem-syntax", "`as` takes a term and a sort", item=item)
    term = yield item[1], scope
    sort = read_sort(signature, item[2])
    if term.sort != sort:
        raise ScriptFault("smt-problem-sort", f"the term is {term.sort}, not {sort}", item=item)
    return term


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
