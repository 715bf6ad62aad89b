"""The friendly form: variables with bounds, and named constraints over them."""

import keyword
import re
from collections.abc import Mapping, Sequence

from critics.smt.answer import Number, Unreadable, read_real
from critics.smt.expressions import FUNCTIONS, Vocabulary, read_formula
from critics.smt.faults import Faults, ScriptFault
from critics.smt.problem import Constraint
from critics.smt.schema import Rule, Variable
from critics.smt.signature import operators
from critics.smt.terms import BOOL, INT, REAL, STRING, Const, Sort, Var, apply, bitvec

MAX_CONSTRAINTS = 10_000
MAX_VARIABLES = 10_000
MAX_NAME = 200
MAX_SHOWN = 300
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def read_variables(given: Mapping[str, Variable], faults: Faults) -> Vocabulary:
    """Declare the variables; faults are collected."""
    found: dict[str, Var] = {}
    enums: dict[tuple[str, ...], Sort] = {}
    for name, variable in given.items():
        with faults.within(f"/variables/{name}"):
            reserved = keyword.iskeyword(name) or name in FUNCTIONS
            if not NAME.fullmatch(name) or reserved or len(name) > MAX_NAME:
                raise ScriptFault(
                    "smt-problem-name",
                    f"`{name[:80]}` cannot name a variable",
                    help_="use ASCII letters, digits and `_`, and no word of Python's own",
                )
            found[name] = Var(_sort(variable, enums), name)
    if len(given) > MAX_VARIABLES:
        faults.add(ScriptFault("smt-problem-limit", f"more than {MAX_VARIABLES:,} variables"))
    return Vocabulary(found)


def _sort(variable: Variable, enums: dict[tuple[str, ...], Sort]) -> Sort:
    kind = variable.type
    if (variable.values is not None) != (kind == "enum"):
        raise ScriptFault("smt-problem-sort", "`values` belongs to an enum, and an enum needs it")
    if (variable.width is not None) != (kind == "bitvec"):
        raise ScriptFault("smt-problem-sort", "`width` belongs to a bitvec, and a bitvec needs it")
    bounded = variable.min is not None or variable.max is not None
    if bounded and kind not in ("int", "real"):
        raise ScriptFault("smt-problem-sort", "`min` and `max` belong to an int or a real")
    if variable.width is not None:
        return bitvec(variable.width)
    if variable.values is not None:
        values = variable.values
        if not values or len(set(values)) != len(values):
            raise ScriptFault("smt-problem-sort", "an enum needs distinct values, at least one")
        return enums.setdefault(values, Sort(f"enum-{len(enums) + 1}", (), values))
    return {"int": INT, "real": REAL, "bool": BOOL, "string": STRING}[kind]


def read_bounds(
    given: Mapping[str, Variable], words: Vocabulary, faults: Faults
) -> list[Constraint]:
    """Turn `min` and `max` into constraints named `x.min` and `x.max`."""
    found: list[Constraint] = []
    for name, variable in given.items():
        for key, relation in (("min", ">="), ("max", "<=")):
            bound = getattr(variable, key)
            if bound is None or name not in words.variables:
                continue
            with faults.within(f"/variables/{name}/{key}"):
                var = words.variables[name]
                term = apply(operators()[relation], [var, _bound(var.sort, bound)])
                found.append(Constraint(f"{name}.{key}", term, variable.description))
    return found


def _bound(sort: Sort, given: float | str) -> Const:
    try:
        value = read_real(given if isinstance(given, str) else Number(repr(given)))
    except Unreadable as why:
        raise ScriptFault("smt-problem-sort", f"a bound has {why}") from None
    if sort == INT and value.denominator != 1:
        raise ScriptFault("smt-problem-sort", "the bound of an int is no integer")
    return Const(sort, int(value) if sort == INT else value)


def read_rules(
    rules: Sequence[Rule], words: Vocabulary, faults: Faults, *, field: str = "constraints"
) -> list[Constraint]:
    """Read named Boolean expressions; faults are collected."""
    found: dict[str, Constraint] = {}
    for index, rule in enumerate(rules[:MAX_CONSTRAINTS]):
        if faults.full:
            break
        with faults.within(f"/{field}/{index}", rule.expr):
            if rule.name in found:
                raise ScriptFault("smt-problem-name", f"two constraints are named `{rule.name}`")
            term = read_formula(rule.expr, words)
            found[rule.name] = Constraint(rule.name, term, rule.why, text=rule.expr[:MAX_SHOWN])
    if len(rules) > MAX_CONSTRAINTS:
        faults.add(ScriptFault("smt-problem-limit", f"more than {MAX_CONSTRAINTS:,} {field}"))
    return list(found.values())
