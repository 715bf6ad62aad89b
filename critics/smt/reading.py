"""From a payload to an instance, whichever form it has."""

from collections.abc import Callable
from dataclasses import replace

from critics.sexpr import SMTLIB, SexprError, Source, read
from critics.smt.elaborate import elaborate
from critics.smt.expressions import read_expression
from critics.smt.faults import Faults, ScriptFault
from critics.smt.friendly import read_bounds, read_rules, read_variables
from critics.smt.problem import Constraint, Instance, Objective
from critics.smt.prompt import write_rules
from critics.smt.schema import Goal, Rule, SmtProblem, Variable
from critics.smt.script import MAX_NESTING, Script, read_script
from critics.smt.signature import Signature
from critics.smt.terms import INT, REAL, Function, Term, Var


def read_instance(problem: SmtProblem) -> Instance:
    """Read a payload.

    Raises:
        ProblemError: With every fault that was found.
    """
    if problem.smtlib is not None:
        return _from_script(problem, problem.smtlib)
    return _from_rules(problem, dict(problem.variables or {}), problem.constraints or ())


def _from_script(problem: SmtProblem, text: str) -> Instance:
    script = read_script(text)
    faults = Faults()
    objective = None
    if problem.objective is not None:
        with faults.within("/objective"):
            objective = _objective(
                problem.objective, lambda term: read_term(term, script.signature)
            )
    faults.settle()
    return Instance(
        variables=script.signature.variables,
        constraints=unique(script),
        text=text,
        datatypes=script.signature.datatypes,
        opaque=tuple(script.opaque),
        objective=objective,
        best=problem.optimal,
    )


def read_term(text: str, signature: Signature) -> Term:
    """Read one SMT-LIB term over a script's names.

    Raises:
        ScriptFault: It is not one.
    """
    source = Source("term", text)
    try:
        document = read(source, SMTLIB, max_depth=MAX_NESTING)
    except SexprError as error:
        raise ScriptFault("smt-problem-syntax", f"{error}") from error
    if len(document.items) != 1 or document.stray:
        raise ScriptFault("smt-problem-syntax", f"`{text[:60]}` is not one term")
    # A copy: reading an answer must leave the problem as it is.
    return elaborate(signature.copy(), document.items[0])


def unique(script: Script) -> tuple[Constraint, ...]:
    """Keep the names of unnamed assertions apart from the user's own."""
    taken = set(script.signature.names)
    found = []
    for constraint in script.constraints:
        name = constraint.name
        while not constraint.named and name in taken:
            name += "'"
        found.append(replace(constraint, name=name))
    return tuple(found)


def _from_rules(
    problem: SmtProblem, variables: dict[str, Variable], rules: tuple[Rule, ...]
) -> Instance:
    faults = Faults()
    words = read_variables(variables, faults)
    constraints = read_bounds(variables, words, faults)
    taken = {constraint.name for constraint in constraints}
    for index, rule in enumerate(rules):
        if rule.name in taken:
            with faults.within(f"/constraints/{index}"):
                raise ScriptFault("smt-problem-name", f"`{rule.name}` is already a bound's name")
    constraints += read_rules(rules, words, faults)
    objective = None
    if problem.objective is not None:
        with faults.within("/objective"):
            objective = _objective(problem.objective, lambda text: read_expression(text, words))
    if not rules and not faults.found:
        faults.add(
            ScriptFault(
                "smt-problem-empty",
                "the problem has no constraints, so every answer would satisfy it",
                help_="add at least one constraint",
            )
        )
    faults.settle()
    declared: dict[str, Var | Function] = dict(words.variables)
    notes = {name: v.description for name, v in variables.items() if v.description}
    return Instance(
        variables=declared,
        constraints=tuple(constraints),
        text=write_rules(variables, rules),
        objective=objective,
        best=problem.optimal,
        notes=notes,
    )


def _objective(goal: Goal, read_one: Callable[[str], Term]) -> Objective:
    text = goal.minimize if goal.minimize is not None else goal.maximize or ""
    term = read_one(text)
    if term.sort not in (INT, REAL):
        raise ScriptFault("smt-problem-sort", f"an objective is a number, not {term.sort}")
    return Objective(term, goal.minimize is not None, text)
