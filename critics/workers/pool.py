"""Pool: the one place where problems and answers are judged for a service.

User problems and model text are only ever parsed in worker processes: a crash, a hang or an
exhausted memory costs one verdict (`unknown`), never the service and never another job.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import JsonValue, TypeAdapter

from critics.domain import Domain, find_domain
from critics.judge import Demand, Mode, leave_undecided, spell_out
from critics.line import Check, lost_line
from critics.objective import Aim, read_exact
from critics.picture import Picture
from critics.selftest import Failure, Report
from critics.types import (
    Diagnostic,
    Frozen,
    Judgement,
    Undecided,
)
from critics.workers.crew import Crew
from critics.workers.engines import Engines
from critics.workers.notary import Notary
from critics.workers.plain import Plain
from critics.workers.prose import Prose
from critics.workers.reply import ask, line_answer, loss
from critics.workers.rewards import Rewards
from critics.workers.rollouts import Rollouts
from critics.workers.worker import Lost

T = TypeVar("T")
PICTURE: TypeAdapter[Picture] = TypeAdapter(Picture)
Payload = Mapping[str, JsonValue]

MAX_RESPONSE_CHARS = 4_000_000
"""What extraction reads of a response."""
LEAST_OPINION_S = 0.5
"""Seconds a second opinion always gets, however long the critics took."""
OPINION_MEMORY_MB = 2048
"""Engines map large libraries (numpy, scipy) before they do anything."""


class Prepared(Frozen):
    """A problem that was read, as a model is to see it."""

    prompt: str
    answer_format: str
    warnings: tuple[Diagnostic, ...] = ()
    answer_schema: dict[str, JsonValue] | None = None
    undecided: tuple[str, ...] = ()
    """Parts of the problem that no critic decides: nothing can be accepted while there are any."""
    objective: Aim | None = None
    """What accepted answers are compared by, if they are."""


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
        solver_size: int = 1,
        idle_s: float = 60.0,
    ) -> None:
        """Start nothing yet: processes start with the first job.

        Args:
            size: Workers that judge at the same time; the number of cores by default.
            memory_mb: Address space of each, in MiB.
            recycle_after: Jobs after which a worker is replaced.
            preload: Modules that every worker shares, besides the domains.
            opinion_size: Engine workers that are busy at the same time, over all domains.
            solver_size: Further ones that look for answers at the same time.
            idle_s: Seconds without a job after which idle workers, and all that is kept for
                second opinions, are ended to give their memory back.
        """
        self.size = size or os.cpu_count() or 1
        self._critics = Crew(
            size=self.size,
            memory_mb=memory_mb,
            recycle_after=recycle_after,
            idle_s=idle_s,
            preload=preload,
        )
        self.prose = Prose(self._critics)
        self.plain = Plain(self._critics)
        self.rollouts = Rollouts(self._critics)
        self.rewards = Rewards(self._critics)
        self.engines = Engines(
            partial(
                Crew,
                memory_mb=max(memory_mb, OPINION_MEMORY_MB),
                recycle_after=recycle_after,
                idle_s=idle_s,
                keep_zygote=False,
            ),
            size=opinion_size,
            solvers=solver_size,
        )
        self.notary = Notary(self._critics, self.engines)

    @property
    def crews(self) -> dict[str, tuple[Crew, ...]]:
        """The workers so far, by what they are for."""
        return {"critics": (self._critics,), "engines": self.engines.crews}

    async def start(self, *, engines_of: Sequence[str] = ()) -> None:
        """Import the domains now instead of with the first job.

        Args:
            engines_of: Domains whose engines are imported as well, which takes seconds.

        Raises:
            RuntimeError: No process can be started.
            DomainError: There is no such domain.
        """
        await self._critics.start()
        for name in engines_of:
            await self.engines.crew_of(find_domain(name)).start()

    async def judge(
        self,
        domain_name: str,
        payload: Payload,
        text: str,
        *,
        demand: Demand = Demand.AUTO,
        mode: Mode = Mode.ALL,
        deadline_s: float = 10.0,
        opinion_deadline_s: float = 3.0,
    ) -> Judgement:
        """Judge one canonical text; see `critics.judge.judge`.

        Args:
            domain_name: The domain.
            payload: The problem.
            text: The candidate, judged as it stands.
            demand: How much assurance is asked for.
            mode: Whether critics go on after the first objection.
            deadline_s: Seconds for the domain's own critics.
            opinion_deadline_s: Seconds for the second opinion. One that nobody demands (`auto`)
                gets what the critics have left of `deadline_s`, if that is less.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        started = perf_counter()
        own = await self._judge(domain, payload, text, mode, deadline_s)
        if demand is Demand.AUTO:
            left = max(deadline_s - (perf_counter() - started), LEAST_OPINION_S)
            opinion_deadline_s = min(opinion_deadline_s, left)
        return await self.engines.weigh_in(domain, payload, own, demand, opinion_deadline_s)

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
            "response": response[:MAX_RESPONSE_CHARS],
        }
        done, faults = await ask(self._critics, job, deadline_s)
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
        done, faults = await ask(self._critics, job, deadline_s)
        if faults:
            raise Undecided(faults)
        return Prepared.model_validate(done)

    async def picture(
        self, domain_name: str, payload: Payload, text: str, *, deadline_s: float = 3.0
    ) -> Picture | None:
        """Show what a candidate means, as data to draw; nothing where nobody can.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        if domain.picture is None or len(text) > domain.max_candidate_chars:
            return None
        job = {"kind": "picture", "domain": domain_name, "problem": payload, "text": text}
        done, faults = await ask(self._critics, job, deadline_s)
        return None if faults or done is None else PICTURE.validate_python(done)

    async def measure(
        self, domain_name: str, payload: Payload, text: str, *, deadline_s: float = 10.0
    ) -> Fraction | None:
        """Measure an accepted answer by its domain's objective; `None` if it has no value.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        if find_domain(domain_name).objective is None:
            return None
        job = {"kind": "measure", "domain": domain_name, "problem": payload, "text": text}
        done, faults = await ask(self._critics, job, deadline_s)
        return None if faults or done is None else read_exact(done)

    async def present(
        self, domain_name: str, payload: Payload, seed: int, *, deadline_s: float = 10.0
    ) -> str | None:
        """Write a task down with its parts in another order; `None` if that cannot be done.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        if find_domain(domain_name).arrangement is None:
            return None
        job = {"kind": "present", "domain": domain_name, "problem": payload, "seed": seed}
        done, _ = await ask(self._critics, job, deadline_s)
        return None if done is None else str(done)

    async def identify(
        self, domain_name: str, payload: Payload, *, deadline_s: float = 10.0
    ) -> str:
        """Name a problem by what it is up to names and order; see `critics.generation`.

        Domains that make no problems compare them byte for byte.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
            Undecided: It could not be found out (too expensive, or a bug in the domain).
        """
        find_domain(domain_name)
        job = {"kind": "identify", "domain": domain_name, "problem": payload}
        done, faults = await ask(self._critics, job, deadline_s)
        if faults:
            raise Undecided(faults)
        return str(done)

    async def check(
        self,
        check: Check,
        *,
        demand: Demand = Demand.AUTO,
        deadline_s: float = 10.0,
        opinion_deadline_s: float = 3.0,
    ) -> Judgement:
        """Judge the answer of a check, extracting candidates unless it is exact.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        domain = find_domain(check.domain)
        job = {"kind": "check", "check": check.model_dump(mode="json")}
        done, faults = await ask(self._critics, job, deadline_s)
        if faults:
            return leave_undecided(domain, check.answer if check.exact else "", faults)
        own = Judgement.model_validate(done)
        return await self.engines.weigh_in(domain, check.problem, own, demand, opinion_deadline_s)

    async def check_lines(
        self,
        lines: Sequence[bytes],
        deliver: Callable[[bytes], None],
        *,
        deadline_s: float = 10.0,
    ) -> None:
        """Answer lines of a batch in order, by the domain's own critics alone.

        A line that takes its worker down costs only its own answer.

        Args:
            lines: The lines; see `critics.line.check_line`.
            deliver: Called with each line's answer as soon as it is there.
            deadline_s: Seconds for each line.
        """
        rest = [line.decode("utf-8", "surrogateescape") for line in lines]
        answered = 0
        while answered < len(rest):
            job = {"kind": "lines", "lines": rest[answered:]}
            try:
                async with self._critics.replies(job, deadline_s) as receive:
                    while answered < len(rest):
                        reply = await receive()
                        answered += 1
                        deliver(line_answer(reply, lines[answered - 1]))
            except Lost as lost:
                answered += 1
                deliver(lost_line(lines[answered - 1], loss(lost)))

    async def selftest(self, domain_name: str, *, deadline_s: float = 300.0) -> Report:
        """Examine a domain; see `critics.selftest`.

        Raises:
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        job = {"kind": "selftest", "domain": domain_name}
        done, faults = await ask(self._critics, job, deadline_s)
        if not faults:
            return Report.model_validate(done)
        failure = Failure(example="", case="declaration", why=faults[0].headline)
        return Report(domain=domain.name, domain_version=domain.version, failures=(failure,))

    async def aclose(self) -> None:
        """End every process; jobs under way are lost."""
        await asyncio.gather(self._critics.aclose(), self.engines.aclose())

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
            "text": text[: domain.max_candidate_chars + 1],
            "mode": mode.value,
        }
        done, faults = await ask(self._critics, job, seconds)
        if not faults:
            return Judgement.model_validate({**done, "candidate": spell_out(text)})
        return leave_undecided(domain, text, faults)


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
