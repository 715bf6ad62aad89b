"""Kernel: the critics of one problem, asked in worker processes, as the loop knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from pydantic import JsonValue

from app.ids import new_id
from app.issuer import Issuer
from app.setting_groups import WorkerSettings
from backprompt.effects import Certificate
from critics.certificate import ENOUGH, NotCertifiable, Order, Provenance
from critics.envelope import Envelope
from critics.judge import Demand
from critics.rollout import Question, Reply
from critics.types import Diagnostic, Feasibility, Feasible, HintLevel, Judgement, Solved
from critics.workers.pool import Pool


@dataclass(slots=True)
class PoolKernel:
    """The critics of one problem, asked in worker processes.

    Attributes:
        pool: The workers.
        domain: The domain's name.
        problem: The payload; a run that formalises a text puts it in before anything is judged.
        demand: How much assurance is asked for.
        worker: Deadlines.
        issuer: Signs and records certificates; without one they are unsigned.
    """

    pool: Pool
    domain: str
    problem: dict[str, JsonValue]
    demand: Demand
    worker: WorkerSettings
    issuer: Issuer | None = None

    async def extract(self, response: str) -> list[str]:
        """Find the canonical candidate texts in a response."""
        return await self.pool.extract(
            self.domain, self.problem, response, deadline_s=self.worker.deadline_s
        )

    async def judge(self, text: str) -> Judgement:
        """Judge a canonical text."""
        return await self.pool.judge(
            self.domain,
            self.problem,
            text,
            demand=self.demand,
            deadline_s=self.worker.deadline_s,
            opinion_deadline_s=self.worker.opinion_deadline_s,
        )

    async def feasibility(self) -> Feasibility:
        """Test whether the problem has any answer; `unknown` below the assurance demanded."""
        found = await self.pool.engines.feasibility(
            self.domain, self.problem, deadline_s=self.worker.feasibility_deadline_s
        )
        if found.assurance in ENOUGH[self.demand]:
            return found
        return found.model_copy(update={"status": Feasible.UNKNOWN})

    async def hints(self, text: str, level: HintLevel) -> Sequence[Diagnostic]:
        """Find hints for a rejected candidate."""
        return await self.pool.engines.hints(
            self.domain, self.problem, text, level, deadline_s=self.worker.opinion_deadline_s
        )

    async def present(self, seed: int) -> str | None:
        """Write the task down with its parts in another order."""
        return await self.pool.present(
            self.domain, self.problem, seed, deadline_s=self.worker.deadline_s
        )

    async def solver(self, timeout_s: float) -> Solved:
        """Have the domain's solver look for an answer; its process is ended when this is."""
        return await self.pool.engines.solve(
            self.domain, self.problem, deadline_s=min(timeout_s, self.worker.solver_deadline_s)
        )

    async def rollout(self, question: Question) -> Reply:
        """Try moves of the problem."""
        return await self.pool.rollouts.ask(
            self.domain, self.problem, question, deadline_s=self.worker.deadline_s
        )

    async def measure(self, text: str) -> Fraction | None:
        """Measure an accepted answer by the problem's objective."""
        return await self.pool.measure(
            self.domain, self.problem, text, deadline_s=self.worker.deadline_s
        )

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate; `None` if the judgement cannot be repeated as accepted."""
        try:
            statement = await self.pool.notary.certify(
                self.domain,
                self.problem,
                judgement.candidate,
                self._order(provenance),
                opinions=judgement.opinions,
                demand=self.demand,
                deadline_s=self.worker.deadline_s,
                compare_deadline_s=self.worker.feasibility_deadline_s,
            )
        except NotCertifiable:
            return None
        return await self._issue(statement)

    async def certify_infeasible(self, provenance: Provenance) -> Certificate | None:
        """Certify that there is no answer; `None` if that cannot be shown once more."""
        try:
            statement = await self.pool.notary.certify_infeasible(
                self.domain,
                self.problem,
                self._order(provenance),
                demand=self.demand,
                deadline_s=self.worker.feasibility_deadline_s,
            )
        except NotCertifiable:
            return None
        return await self._issue(statement)

    def _order(self, provenance: Provenance) -> Order:
        limits = {
            name: getattr(self.worker, name)
            for name in ("deadline_s", "opinion_deadline_s", "feasibility_deadline_s", "memory_mb")
        }
        return Order(
            id=new_id("cert"),
            issued_at=datetime.now(UTC),
            provenance=provenance,
            limits=limits,
            signer=self.issuer.signer if self.issuer else None,
        )

    async def _issue(self, statement: bytes) -> Certificate:
        if self.issuer is None:
            return Envelope(statement).to_json()
        return await self.issuer.issue(statement)
