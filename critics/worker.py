"""Pool: the one place where problems and answers are judged for a service.

User problems and model text are only ever parsed in worker processes: a crash, a hang or an
exhausted memory costs one verdict (`unknown`), never the service and never another job.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from time import perf_counter
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from pydantic import JsonValue

from critics import frames
from critics.certificate import Certificate, NotCertifiable, Provenance, adopt
from critics.crew import Crew, Lost
from critics.domain import Domain, DomainError, find_domain
from critics.judge import Demand, Mode, spell_out, weigh
from critics.types import (
    Diagnostic,
    Frozen,
    Judgement,
    Opinion,
    ProblemError,
    Severity,
    Undecided,
    Verdict,
)

T = TypeVar("T")
Payload = Mapping[str, JsonValue]

OPINION_MEMORY_MB = 2048
"""Engines map large libraries (numpy, scipy) before they do anything."""


class Prepared(Frozen):
    """A problem that was read, as a model is to see it."""

    prompt: str
    answer_format: str
    warnings: tuple[Diagnostic, ...] = ()
    answer_schema: dict[str, JsonValue] | None = None


class Pool:
    """Worker processes that judge, extract and prepare. One pool serves one event loop."""

    def __init__(
        self,
        *,
        size: int | None = None,
        memory_mb: int = 1024,
        recycle_after: int = 1000,
        preload: Sequence[str] = (),
        opinion_size: int = 1,
    ) -> None:
        """Start nothing yet: processes start with the first job.

        Args:
            size: Workers that judge at the same time; the number of cores by default.
            memory_mb: Address space of each, in MiB.
            recycle_after: Jobs after which a worker is replaced.
            preload: Modules that every worker shares, besides the domains.
            opinion_size: Workers that give second opinions at the same time.
        """
        self.size = size or os.cpu_count() or 1
        self._critics = Crew(
            size=self.size, memory_mb=memory_mb, recycle_after=recycle_after, preload=preload
        )
        self._engines = Crew(
            size=opinion_size,
            memory_mb=max(memory_mb, OPINION_MEMORY_MB),
            recycle_after=recycle_after,
            opinions=True,
        )

    async def start(self) -> None:
        """Import the domains now instead of with the first job.

        Raises:
            RuntimeError: No process can be started.
        """
        await self._critics.start()

    async def judge(
        self,
        domain_name: str,
        payload: Payload,
        text: str,
        *,
        demand: Demand = Demand.AUTO,
        mode: Mode = Mode.ALL,
        deadline_s: float = 10.0,
        opinion_deadline_s: float = 5.0,
    ) -> Judgement:
        """Judge one canonical text; see `critics.judge.judge`.

        Args:
            domain_name: The domain.
            payload: The problem.
            text: The candidate, judged as it stands.
            demand: How much assurance is asked for.
            mode: Whether critics go on after the first objection.
            deadline_s: Seconds for the domain's own critics.
            opinion_deadline_s: Seconds for the second opinion.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        own = await self._judge(domain, payload, text, mode, deadline_s)
        if not wants_opinion(domain, own, demand):
            return own if _malformed(own) else weigh(own, None, demand)
        return weigh(own, await self._opinion(domain, payload, text, opinion_deadline_s), demand)

    async def extract(
        self, domain_name: str, payload: Payload, response: str, *, deadline_s: float = 10.0
    ) -> list[str]:
        """Find the candidate texts in a response.

        If extraction itself fails, the whole response is the candidate: whatever is proposed
        here is judged.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        find_domain(domain_name)
        job = {
            "kind": "extract",
            "domain": domain_name,
            "problem": payload,
            "response": response,
        }
        done, faults = await self._do(self._critics, job, deadline_s)
        whole = response.strip()
        return [str(text) for text in done] if not faults else [whole] if whole else []

    async def prepare(
        self, domain_name: str, payload: Payload, deadline_s: float = 10.0
    ) -> Prepared:
        """Read a problem and write the task down for a model.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
            Undecided: The problem could not be read (too expensive, or a bug in the domain).
        """
        find_domain(domain_name)
        job = {"kind": "prepare", "domain": domain_name, "problem": payload}
        done, faults = await self._do(self._critics, job, deadline_s)
        if faults:
            raise Undecided(faults)
        return Prepared.model_validate(done)

    async def certify(
        self,
        domain_name: str,
        payload: Payload,
        text: str,
        *,
        certificate_id: str,
        issued_at: datetime,
        provenance: Provenance | None = None,
        opinions: Sequence[Opinion] = (),
        demand: Demand = Demand.AUTO,
        deadline_s: float = 10.0,
    ) -> Certificate:
        """Judge once more and mint a certificate; see `critics.certificate.certify`.

        Raises:
            NotCertifiable: Not accepted this time, or the worker was lost.
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        find_domain(domain_name)
        job = {
            "kind": "certify",
            "domain": domain_name,
            "problem": payload,
            "text": text,
            "id": certificate_id,
            "issued_at": issued_at.isoformat(),
            "provenance": (provenance or Provenance()).model_dump(mode="json"),
            "opinions": [opinion.model_dump(mode="json") for opinion in opinions],
            "demand": demand.value,
        }
        done, faults = await self._do(self._critics, job, deadline_s)
        if faults:
            raise NotCertifiable(faults[0])
        return adopt(done)

    async def aclose(self) -> None:
        """End every process; jobs under way are lost."""
        await asyncio.gather(self._critics.aclose(), self._engines.aclose())

    async def __aenter__(self) -> Self:
        """Use the pool as a context."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()

    async def _judge(
        self, domain: Domain, payload: Payload, text: str, mode: Mode, seconds: float
    ) -> Judgement:
        job = {
            "kind": "judge",
            "domain": domain.name,
            "problem": payload,
            "text": text,
            "mode": mode.value,
        }
        done, faults = await self._do(self._critics, job, seconds)
        if not faults:
            return Judgement.model_validate({**done, "candidate": spell_out(text)})
        return Judgement(
            domain=domain.name,
            domain_version=domain.version,
            verdict=Verdict.UNKNOWN,
            candidate=spell_out(text),
            score=0.0,
            diagnostics=faults,
        )

    async def _opinion(
        self, domain: Domain, payload: Payload, text: str, seconds: float
    ) -> Opinion:
        started = perf_counter()
        job = {"kind": "opinion", "domain": domain.name, "problem": payload, "text": text}
        done, faults = await self._do(self._engines, job, seconds)
        if not faults:
            return Opinion.model_validate(done)
        return Opinion(
            engine=f"{domain.name} second opinion",
            verdict=Verdict.UNKNOWN,
            reason=faults[0].headline,
            ms=round((perf_counter() - started) * 1000, 3),
        )

    async def _do(
        self, crew: Crew, job: Mapping[str, Any], seconds: float
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        """Have a job done: its result, or why there is none."""
        try:
            reply = await crew.ask(job, seconds)
        except Lost as lost:
            return None, (_loss(str(job["kind"]), lost),)
        except frames.FrameError as error:
            raise ProblemError([_unsendable(error)]) from error
        if "refused" in reply:
            _refuse(reply["refused"])
        if "failed" in reply:
            return None, tuple(Diagnostic.model_validate(item) for item in reply["failed"])
        return reply["done"], ()


def with_pool(work: Callable[[Pool], Awaitable[T]], **settings: Any) -> T:
    """Run `work` with a pool of its own, from code that has no event loop.

    Args:
        work: What to do with the pool.
        **settings: Arguments of `Pool`.
    """

    async def run() -> T:
        async with Pool(**settings) as pool:
            return await work(pool)

    return asyncio.run(run())


def wants_opinion(domain: Domain, judgement: Judgement, demand: Demand) -> bool:
    """Whether a second opinion is to be asked.

    A text that is no answer at all is rejected without one: an independent engine is only ever
    given what our own syntax stage has read.
    """
    if domain.second_opinion is None or _malformed(judgement):
        return False
    if demand is Demand.AUTO:
        return judgement.verdict is Verdict.ACCEPTED
    return demand is not Demand.SINGLE and judgement.verdict is not Verdict.UNKNOWN


def _malformed(judgement: Judgement) -> bool:
    syntax = [result for result in judgement.critics if result.critic == "syntax"]
    return any(result.verdict is Verdict.REJECTED for result in syntax)


def _refuse(refused: Mapping[str, Any]) -> NoReturn:
    diagnostics = [Diagnostic.model_validate(item) for item in refused["diagnostics"]]
    raise (DomainError if refused["error"] == "DomainError" else ProblemError)(diagnostics)


def _loss(kind: str, lost: Lost) -> Diagnostic:
    what = "ran out of time" if lost.code == "critic-deadline" else "failed"
    return Diagnostic(
        code=lost.code,
        headline=f"the worker's job `{kind}` {what}; nothing was decided",
        notes=(lost.cause,),
        severity=Severity.UNKNOWN,
    )


def _unsendable(error: frames.FrameError) -> Diagnostic:
    return Diagnostic(
        code="problem-invalid",
        headline=f"the problem and the answer cannot be judged: {error}",
        help=("send a smaller, flatter problem",),
    )
