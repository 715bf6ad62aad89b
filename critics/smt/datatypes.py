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


def _bodies(item: Node) -> list[tuple[str, Node]]:
    """Give each datatype's name and constructors, whichever command it is."""
    if len(item) != 3 or not isinstance(item[2], Node):  # noqa: PLR2004  # both commands take two
        raise _malformed(item)
    if item[0] == "declare-datatype":
        if not isinstance(item[1], Atom):
            raise _malformed(item)
        return [(unquote(item[1]), item[2])]
    if not isinstance(item[1], Node) or len(item[1]) != len(item[2]):
        raise _malformed(item)
    bodies = []
    for head, body in zip(item[1], item[2], strict=True):
        if not isinstance(head, Node) or len(head) != 2 or not isinstance(head[0], Atom):  # noqa: PLR2004  # (name arity)
            raise _malformed(item)
        if head[1] != "0":
            raise ScriptFault("smt-problem-unsupported", "a datatype with parameters", item=head)
        if not isinstance(body, Node):
            raise _malformed(item)
        bodies.append((unquote(head[0]), body))
    return bodies


def _members(body: Node) -> tuple[str, ...]:
    """Give an enumeration's values, or nothing for another datatype."""
    split = [_split(item) for item in body]
    return () if any(fields for _, fields in split) else tuple(name for name, _ in split)


def _split(item: Sexpr) -> tuple[str, list[tuple[str, Sexpr]]]:
    if isinstance(item, Atom):
        return unquote(item), []
    if not item or not isinstance(item[0], Atom):
        raise _malformed(item)
    if item[0] == "par":
        raise ScriptFault("smt-problem-unsupported", "a datatype with parameters", item=item)
    fields = []
    for field in item[1:]:
        if not isinstance(field, Node) or len(field) != 2 or not isinstance(field[0], Atom):  # noqa: PLR2004  # (selector sort)
            raise _malformed(item)
        fields.append((unquote(field[0]), field[1]))
    return unquote(item[0]), fields


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
