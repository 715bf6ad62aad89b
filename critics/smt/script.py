"""The SMT-LIB form of a problem: a scanner with an allow-list, never a solver's parser.

Invariants:
    * A command is read, is known to be inert, or is refused by name. Nothing that writes, includes,
      resets, pops, or ends early is ever skipped over.
    * At least one assertion; every assertion becomes exactly one constraint, in order.
    * Names of constraints are unique; unnamed assertions are `assert-1`, `assert-2`, … by position.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from critics.sexpr import SMTLIB, Atom, Node, Sexpr, SexprError, Source, read
from critics.smt.datatypes import declare_datatypes
from critics.smt.elaborate import elaborate, read_sort, read_variables, unquote
from critics.smt.faults import Faults, ScriptFault
from critics.smt.literals import read_string
from critics.smt.problem import Constraint
from critics.smt.signature import Macro, Signature
from critics.smt.terms import BOOL, REGLAN, Function, Sort, Term, Var, to_sort
from critics.types import ProblemError

MAX_SCRIPT = 500_000
MAX_NESTING = 1_000
MAX_ASSERTIONS = 10_000

INERT = frozenset({"set-info", "check-sat", "get-model"})
INERT_OPTIONS = frozenset(
    {":produce-models", ":produce-proofs", ":produce-unsat-cores", ":produce-assignments"}
)

_LOGIC = re.compile(
    r"(?:HO_)?(?:QF_)?(?:ALL|HORN|FD|(?:AX?|UF|BV|DT|DC|FP|S|[LN]IRA|[LN]IA|[LN]RA|IDL|RDL)+)"
)
"""Names as the standard forms them. What a logic leaves out is not enforced."""


@dataclass
class Script:
    """What a script declares and asserts."""

    signature: Signature = field(default_factory=Signature)
    constraints: list[Constraint] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)


def read_script(text: str, *, field_name: str = "smtlib", needed: bool = True) -> Script:
    """Read an SMT-LIB 2 script.

    Args:
        text: The script as the user wrote it.
        field_name: What the text is called in locations.
        needed: Whether at least one assertion is demanded.

    Raises:
        ProblemError: With every fault that was found, up to a cap.
    """
    source = Source(field_name, text)
    if len(text) > MAX_SCRIPT:
        faults = Faults()
        faults.add(ScriptFault("smt-problem-limit", f"a script of {len(text):,} characters"))
        faults.settle()
    try:
        document = read(source, SMTLIB, max_depth=MAX_NESTING)
    except SexprError as error:
        raise ProblemError(error.diagnostics) from error
    script, faults = Script(), Faults()
    for offset in document.stray:
        stray = ScriptFault("smt-problem-syntax", "this `)` closes nothing")
        faults.add(stray, source.locate(offset))
    for item in document.items:
        if faults.full:
            break
        with faults.at(source, item):
            _run(script, source, item)
    if needed and not faults.found and not script.constraints:
        faults.add(_EMPTY)
    faults.settle()
    return script


_EMPTY = ScriptFault(
    "smt-problem-empty",
    "the script asserts nothing, so every answer would satisfy it",
    help_="add at least one `(assert …)`",
)


def _run(script: Script, source: Source, item: Sexpr) -> None:
    if not isinstance(item, Node) or not item or not isinstance(item[0], Atom):
        raise ScriptFault("smt-problem-syntax", "a command is a list that begins with its name")
    name = str(item[0])
    if name == "assert":
        _assert(script, source, item)
    elif name in _DECLARATIONS:
        _DECLARATIONS[name](script, item)
    elif not _is_inert(item):
        raise ScriptFault(
            "smt-problem-command",
            f"the command `{name[:40]}` is not allowed",
            item=item[0],
            help_="use declarations, definitions and `assert` only",
        )


def _is_inert(item: Node) -> bool:
    match list(item):
        case ["set-option", Atom() as option, "true" | "false"]:
            return option in INERT_OPTIONS
    return item[0] in INERT


def _assert(script: Script, source: Source, item: Node) -> None:
    match list(item):
        case [_, formula]:
            pass
        case _:
            raise _malformed(item, "one term")
    if len(script.constraints) >= MAX_ASSERTIONS:
        raise ScriptFault("smt-problem-limit", f"more than {MAX_ASSERTIONS:,} assertions")
    term = elaborate(script.signature, formula)
    if term.sort != BOOL:
        raise ScriptFault("smt-problem-sort", f"`assert` takes a Bool, not {term.sort}")
    notes = _annotations(formula)
    number = len(script.constraints) + 1
    name = notes.get(":named")
    script.constraints.append(
        Constraint(
            name or f"assert-{number}",
            term,
            why=notes.get(":why"),
            at=source.locate(item.at, item.end),
            named=name is not None,
        )
    )


def _annotations(item: Sexpr) -> Mapping[str, str]:
    if not isinstance(item, Node) or not item or item[0] != "!":
        return {}
    pairs = zip(item[2::2], item[3::2], strict=False)
    return {
        str(key): read_string(value) if value.startswith('"') else unquote(value)
        for key, value in pairs
        if isinstance(value, Atom)
    }


def _symbol(item: Node, index: int) -> str:
    given = item[index] if len(item) > index else None
    if not isinstance(given, Atom):
        raise ScriptFault("smt-problem-syntax", f"`{item[0]!s}` takes a name first")
    if given.startswith(tuple('"#:0123456789')):
        raise ScriptFault("smt-problem-syntax", f"`{given!s:.40}` is no name", item=given)
    return unquote(str(given))


def _declare_const(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom(), sort]:
            _declare(script, _symbol(item, 1), [], read_sort(script.signature, sort))
        case _:
            raise _malformed(item, "a name and a sort")


def _declare_fun(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom(), Node() as sorts, sort]:
            params = [read_sort(script.signature, part) for part in sorts]
            _declare(script, _symbol(item, 1), params, read_sort(script.signature, sort))
        case _:
            raise _malformed(item, "a name, a list of sorts and a sort")


def _declare(script: Script, name: str, params: list[Sort], sort: Sort) -> None:
    if REGLAN in (*params, sort):
        raise ScriptFault(
            "smt-problem-unsupported",
            f"`{name[:80]}` is a regular expression, which an answer cannot give a value",
        )
    function = Function(name, tuple(params), sort)
    script.signature.declare(name, function if params else Var(sort, name))


def _define_fun(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom(), Node() as variables, sort, body]:
            params = read_variables(script.signature, variables)
            declared = read_sort(script.signature, sort)
            _define(script, _symbol(item, 1), params, declared, body)
        case _:
            raise _malformed(item, "a name, a list of variables, a sort and a term")


def _define_const(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom(), sort, body]:
            _define(script, _symbol(item, 1), (), read_sort(script.signature, sort), body)
        case _:
            raise _malformed(item, "a name, a sort and a term")


def _define(script: Script, name: str, params: tuple[Var, ...], sort: Sort, body: Sexpr) -> None:
    scope: dict[str, Term] = {param.name: param for param in params}
    term = to_sort(elaborate(script.signature, body, scope), sort)
    if term.sort != sort:
        raise ScriptFault("smt-problem-sort", f"`{name[:80]}` is {term.sort}, declared {sort}")
    script.signature.declare(name, Macro(params, term))


def _declare_sort(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom()] | [_, Atom(), "0"]:
            name = _symbol(item, 1)
            script.signature.declare_sort(name, Sort(name))
            script.opaque.append(name)
        case _:
            raise _malformed(item, "a name and the arity 0")


def _define_sort(script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom(), [], sort]:
            script.signature.declare_sort(_symbol(item, 1), read_sort(script.signature, sort))
        case _:
            raise _malformed(item, "a name, `()` and a sort")


def _declare_datatypes(script: Script, item: Node) -> None:
    declare_datatypes(script.signature, item)


def _set_logic(_script: Script, item: Node) -> None:
    match list(item):
        case [_, Atom()]:
            logic = _symbol(item, 1)
        case _:
            raise _malformed(item, "a name")
    if not _LOGIC.fullmatch(logic):
        raise ScriptFault(
            "smt-problem-unsupported",
            f"`{logic[:40]}` is not a logic that is known",
            item=item,
            help_="leave `set-logic` out, or write `(set-logic ALL)`",
        )


def _malformed(item: Node, wanted: str) -> ScriptFault:
    return ScriptFault("smt-problem-syntax", f"`{item[0]!s}` takes {wanted}", item=item)


_DECLARATIONS = {
    "declare-const": _declare_const,
    "declare-datatype": _declare_datatypes,
    "declare-datatypes": _declare_datatypes,
    "declare-fun": _declare_fun,
    "declare-sort": _declare_sort,
    "define-const": _define_const,
    "define-fun": _define_fun,
    "define-sort": _define_sort,
    "set-logic": _set_logic,
}
