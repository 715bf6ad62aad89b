"""The one door to cvc5, an optional second engine and producer of proofs.

Each call has a solver of its own. cvc5 can crash on deep texts, so this only ever runs in a
worker process; `emit.py` breaks nesting up.
"""

import re
from collections.abc import Sequence
from typing import Any

from critics.smt.engine import Answer, Query, Session, Status

_NAME = re.compile(r"\ba([0-9]+)\b")


class Cvc5:
    """cvc5 through its Python bindings; it gives verdicts and cores, no models."""

    def __init__(self) -> None:
        """Import cvc5 now, not with this module.

        Raises:
            ImportError: cvc5 is not installed.
        """
        import cvc5  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped, heavy, optional

        self._cvc5: Any = cvc5

    @property
    def name(self) -> str:
        """Name and version."""
        return f"cvc5 {self._cvc5.__version__}"

    def solve(self, query: Query, *, timeout_ms: int) -> Answer:
        """Decide a conjunction."""
        lines = [
            "(set-logic ALL)",
            *query.declarations,
            *(f"(assert (! {text} :named a{at}))" for at, text in enumerate(query.assertions)),
        ]
        solver = self._cvc5.Solver()
        solver.setOption("tlimit-per", str(timeout_ms))
        solver.setOption("produce-unsat-cores", "true")
        solver.setOption("arrays-exp", "true")
        try:
            outputs = self._run(solver, [*lines, "(check-sat)"])
            verdict = outputs[-1].strip() if outputs else "no answer"
            if verdict == "sat":
                return Answer(Status.SAT)
            if verdict == "unsat":
                core = " ".join(term.getSymbol() for term in self._core(solver))
                return Answer(Status.UNSAT, core=tuple(sorted(map(int, _NAME.findall(core)))))
        except RuntimeError as error:
            verdict = f"{error}"
        return Answer(Status.UNKNOWN, reason=f"cvc5 gave up: {verdict[:160]}")

    def prove(self, script: str, *, timeout_ms: int) -> bytes | None:
        """Write a proof that a script's assertions contradict each other, in the format CPC.

        Returns:
            The proof, as cvc5 prints it; nothing if there is none in time.
        """
        solver = self._cvc5.Solver()
        for option, value in (
            ("tlimit-per", str(timeout_ms)),
            ("produce-proofs", "true"),
            ("arrays-exp", "true"),
        ):
            solver.setOption(option, value)
        try:
            outputs = self._run(solver, [script])
            if not outputs or outputs[-1].strip() != "unsat":
                return None
            (proof,) = solver.getProof()
            written: bytes = solver.proofToString(proof, self._cvc5.ProofFormat.CPC)
        except (RuntimeError, ValueError):
            return None
        return written

    def open(self, query: Query) -> Session | None:
        """Keep a conjunction for repeated checks; each reads it anew."""
        return _Cvc5Session(self, query)

    def _core(self, solver: Any) -> list[Any]:
        return [term for term in solver.getUnsatCore() if term.hasSymbol()]

    def _run(self, solver: Any, lines: list[str]) -> list[str]:
        symbols = self._cvc5.SymbolManager(solver)
        parser = self._cvc5.InputParser(solver, symbols)
        parser.setStringInput(self._cvc5.InputLanguage.SMT_LIB_2_6, "\n".join(lines), "query")
        outputs: list[str] = []
        while True:
            command = parser.nextCommand()
            if command.isNull():
                return outputs
            output = str(command.invoke(solver, symbols))
            if "error" in output[:8]:
                raise RuntimeError(output)
            if output:
                outputs.append(output)


class _Cvc5Session:
    """Checks that share nothing but the text."""

    def __init__(self, engine: Cvc5, query: Query) -> None:
        self._engine = engine
        self._query = query

    def check(self, members: Sequence[int], *, timeout_ms: int) -> Answer:
        """Decide some of the assertions together."""
        texts = [self._query.assertions[at] for at in members]
        answer = self._engine.solve(Query(self._query.declarations, texts), timeout_ms=timeout_ms)
        return Answer(answer.status, core=tuple(members[at] for at in answer.core))
