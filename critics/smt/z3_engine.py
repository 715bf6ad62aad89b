"""The one door to Z3: canonical text in, verdict, core and model values out.

Each call has a context of its own. Z3's soft time-out does not cover parsing and rewriting, so
this only ever runs in a worker process that can be killed.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from critics.smt.engine import Answer, Query, Session, Status
from critics.smt.terms import Value

_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


class Z3:
    """Z3 through its Python bindings.

    Attributes:
        module: The module `z3`.
    """

    def __init__(self) -> None:
        """Import z3 now, not with this module.

        Raises:
            ImportError: z3 is not installed.
        """
        import z3  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped, heavy, only in workers

        self.module: Any = z3

    @property
    def name(self) -> str:
        """Name and version."""
        return f"z3 {self.module.get_version_string()}"

    def solve(self, query: Query, *, timeout_ms: int) -> Answer:
        """Decide a conjunction."""
        z3 = self.module
        context = z3.Context()
        try:
            formulas = self.parse(query, context)
            solver = z3.Solver(ctx=context)
            solver.set("timeout", timeout_ms)
            for index, formula in enumerate(formulas):
                if index < len(formulas) - len(query.assertions):
                    solver.add(formula)
                else:
                    at = index - len(formulas) + len(query.assertions)
                    solver.assert_and_track(formula, z3.Bool(f"a{at}", ctx=context))
            return self._answer(solver, solver.check())
        except z3.Z3Exception as error:
            return Answer(Status.UNKNOWN, reason=f"z3 failed: {error!s:.200}")

    def open(self, query: Query) -> Session | None:
        """Read a conjunction for repeated checks; nothing if it cannot be read."""
        try:
            return _Z3Session(self, query)
        except self.module.Z3Exception:
            return None

    def optimize(self, query: Query, objective: str, *, minimize: bool, timeout_ms: int) -> Answer:
        """Look for a best model; its optimality is for `solve` to prove."""
        z3 = self.module
        context = z3.Context()
        try:
            trick = Query(query.declarations, (*query.assertions, f"(= {objective} {objective})"))
            formulas = self.parse(trick, context)
            optimizer = z3.Optimize(ctx=context)
            optimizer.set("timeout", timeout_ms)
            for formula in formulas[:-1]:
                optimizer.add(formula)
            target = formulas[-1].arg(0)
            (optimizer.minimize if minimize else optimizer.maximize)(target)
            return self._answer(optimizer, optimizer.check(), core=False)
        except z3.Z3Exception as error:
            return Answer(Status.UNKNOWN, reason=f"z3 failed: {error!s:.200}")

    def parse(self, query: Query, context: Any) -> list[Any]:
        """Read a query: its declarations' own assertions first, then one formula for each."""
        lines = [*query.declarations, *(f"(assert {text})" for text in query.assertions)]
        formulas = list(self.module.parse_smt2_string("\n".join(lines), ctx=context))
        own = sum(line.startswith("(assert ") for line in query.declarations)
        if len(formulas) != own + len(query.assertions):
            raise self.module.Z3Exception("the number of formulas changed in parsing")
        return formulas

    def _answer(self, solver: Any, verdict: Any, *, core: bool = True) -> Answer:
        if verdict == self.module.unsat:
            names = [str(name) for name in solver.unsat_core()] if core else []
            return Answer(Status.UNSAT, core=tuple(sorted(int(name[1:]) for name in names)))
        if verdict == self.module.sat:
            return Answer(Status.SAT, model=self._model(solver.model()))
        return Answer(Status.UNKNOWN, reason=f"z3 gave up: {solver.reason_unknown()[:120]}")

    def _model(self, model: Any) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for symbol in model.decls():
            if symbol.arity() == 0 and symbol.name().startswith("v"):
                value = self._value(model[symbol])
                if value is not None:
                    found[symbol.name()] = value
        return found

    def _value(self, term: Any) -> Value | None:  # one case per sort
        """Read a model's value; nothing if it is no plain value."""
        z3 = self.module
        if z3.is_true(term) or z3.is_false(term):
            return bool(z3.is_true(term))
        if z3.is_int_value(term) or z3.is_bv_value(term):
            return int(term.as_long())
        if z3.is_rational_value(term):
            return Fraction(term.numerator_as_long(), term.denominator_as_long())
        if z3.is_string_value(term):
            return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), term.as_string())
        if z3.is_app(term) and term.num_args() == 0 and term.sort_kind() == z3.Z3_DATATYPE_SORT:
            return str(term.decl().name())
        return None


class _Z3Session:
    """One solver; every assertion can be switched on by its own literal."""

    def __init__(self, engine: Z3, query: Query) -> None:
        z3 = self._z3 = engine.module
        context = z3.Context()
        formulas = engine.parse(query, context)
        own = len(formulas) - len(query.assertions)
        self._solver = z3.Solver(ctx=context)
        self._solver.add(*formulas[:own])
        self._switches = [z3.Bool(f"a{at}", ctx=context) for at in range(len(query.assertions))]
        for switch, formula in zip(self._switches, formulas[own:], strict=True):
            self._solver.add(z3.Implies(switch, formula))

    def check(self, members: Sequence[int], *, timeout_ms: int) -> Answer:
        """Decide some of the assertions together."""
        self._solver.set("timeout", timeout_ms)
        try:
            verdict = self._solver.check(*(self._switches[at] for at in members))
        except self._z3.Z3Exception as error:
            return Answer(Status.UNKNOWN, reason=f"z3 failed: {error!s:.200}")
        if verdict == self._z3.unsat:
            names = sorted(int(str(name)[1:]) for name in self._solver.unsat_core())
            return Answer(Status.UNSAT, core=tuple(names))
        return Answer(Status.SAT if verdict == self._z3.sat else Status.UNKNOWN)
