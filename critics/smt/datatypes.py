"""Datatypes: enumerations, records and other constructor terms, without parameters."""

from collections.abc import Sequence

from critics.sexpr import Atom, Node, Sexpr
from critics.smt.elaborate import read_sort, unquote
from critics.smt.faults import ScriptFault
from critics.smt.problem import Datatype, Field
from critics.smt.signature import Signature
from critics.smt.terms import BOOL, Absent, Const, Operator, Sort
from critics.smt.theories.ranks import fixed
from critics.smt.values import Data


def declare_datatypes(signature: Signature, item: Node) -> None:
    """Run `declare-datatype` or `declare-datatypes`.

    Raises:
        ScriptFault: It is not well formed, or has parameters.
    """
    bodies = _bodies(item)
    plain = {name: members for name, body in bodies if (members := _members(body))}
    for name, _ in bodies:
        signature.declare_sort(name, Sort(name, (), plain.get(name, ())))
    for name, body in bodies:
        sort = signature.sorts[name]
        constructors = dict(map(_split, body))
        typed = {
            constructor: tuple(Field(selector, read_sort(signature, s)) for selector, s in fields)
            for constructor, fields in constructors.items()
        }
        if len(typed) != len(body) or not typed:
            raise ScriptFault("smt-problem-name", f"`{name[:80]}` needs distinct constructors")
        datatype = Datatype(name, typed)
        signature.datatypes[name] = datatype
        _declare_operators(signature, sort, datatype)


def _bodies(item: Node) -> list[tuple[str, list[Sexpr]]]:
    """Give each datatype's name and constructors, whichever command it is."""
    match list(item):
        case ["declare-datatype", Atom() as name, Node() as body]:
            return [(unquote(name), body)]
        case ["declare-datatypes", [], Node() as bodies] if bodies:
            # The form that SMT-LIB had before 2.6, still common: ((Colour red green)).
            return [_old_body(body) for body in bodies]
        case ["declare-datatypes", Node() as heads, Node() as bodies] if len(heads) == len(bodies):
            return [_body(head, body) for head, body in zip(heads, bodies, strict=True)]
    raise _malformed(item)


def _old_body(item: Sexpr) -> tuple[str, list[Sexpr]]:
    match item:
        case [Atom() as name, *body] if body:
            return unquote(name), body
    raise _malformed(item)


def _body(head: Sexpr, body: Sexpr) -> tuple[str, list[Sexpr]]:
    match head:
        case [Atom() as name, "0"] if isinstance(body, Node):
            return unquote(name), body
        case [Atom(), Atom()]:
            raise ScriptFault("smt-problem-unsupported", "a datatype with parameters", item=head)
    raise _malformed(head)


def _members(body: Sequence[Sexpr]) -> tuple[str, ...]:
    """Give an enumeration's values, or nothing for another datatype."""
    split = [_split(item) for item in body]
    return () if any(fields for _, fields in split) else tuple(name for name, _ in split)


def _split(item: Sexpr) -> tuple[str, list[tuple[str, Sexpr]]]:
    match item:
        case Atom():
            return unquote(item), []
        case ["par", *_]:
            raise ScriptFault("smt-problem-unsupported", "a datatype with parameters", item=item)
        case [Atom() as name, *fields]:
            return unquote(name), [_field(field) for field in fields]
    raise _malformed(item)


def _field(item: Sexpr) -> tuple[str, Sexpr]:
    match item:
        case [Atom() as selector, sort]:
            return unquote(selector), sort
    raise _malformed(item)


def _malformed(item: Sexpr) -> ScriptFault:
    return ScriptFault(
        "smt-problem-syntax",
        "this is not a datatype declaration",
        item=item,
        help_="write `(declare-datatypes ((Colour 0)) (((red) (green))))`",
    )


def _declare_operators(signature: Signature, sort: Sort, datatype: Datatype) -> None:
    for name, fields in datatype.constructors.items():
        if sort.members:
            signature.declare(name, Const(sort, name))
        elif not fields:
            signature.declare(name, Const(sort, Data(name)))
        else:
            signature.declare(name, _constructor(name, [field.sort for field in fields], sort))
        signature.declare(f"is-{name}", _tester(name, sort))
        for index, field in enumerate(fields):
            signature.declare(field.selector, _selector(name, field, index, sort))


def _constructor(name: str, sorts: Sequence[Sort], sort: Sort) -> Operator:
    return Operator(name, fixed(sorts, sort), lambda _node, args: Data(name, tuple(args)))


def _tester(name: str, sort: Sort) -> Operator:
    if sort.members:
        return Operator(f"is-{name}", fixed([sort], BOOL), lambda _node, args: args[0] == name)
    return Operator(
        f"is-{name}", fixed([sort], BOOL), lambda _node, args: args[0].constructor == name
    )


def _selector(name: str, field: Field, index: int, sort: Sort) -> Operator:
    return Operator(
        field.selector,
        fixed([sort], field.sort),
        lambda _node, args: (
            args[0].fields[index] if args[0].constructor == name else Absent.UNDEFINED
        ),
        partial=True,
    )
