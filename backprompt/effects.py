"""Effects: everything the loop does to the world, and all it knows of time.

The loop is deterministic given the results of its effects, so a recorder that stores each result
with its reading of the clock can play the same run again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Protocol, Self, TypeVar

from pydantic import JsonValue

from backprompt.upstream import Completion, Request, Upstream, UpstreamError, estimate_usage
from critics.certificate import NotCertifiable, Order, Provenance, certify
from critics.denial import judge_claim
from critics.domain import Domain
from critics.envelope import Envelope
from critics.judge import read_problem
from critics.line import find_candidates
from critics.rollout import Question, Reply, Unanswered, untried
from critics.statement import write_statement
from critics.types import Diagnostic, Feasibility, HintLevel, Judgement, Solved

T = TypeVar("T")
Certificate = dict[str, JsonValue]
"""A certificate as JSON, a DSSE envelope; the loop reads of it only how good the answer is."""


class Kernel(Protocol):
    """The trusted side: what is asked of the critics, in this process or in a worker."""

    async def extract(self, response: str) -> Sequence[str]:
        """Find the canonical candidate texts in a response."""
        ...

    async def judge(self, text: str) -> Judgement:
        """Judge a canonical text. Never raises for what a model wrote."""
        ...

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate; `None` if the judgement cannot be repeated as accepted."""
        ...


class Effects(Kernel, Protocol):
    """Everything the loop does to the world."""

    @property
    def upstream_name(self) -> str:
        """The model endpoint's name."""
        ...

    def elapsed(self) -> float:
        """Give seconds since the start of the run, as of the latest finished effect."""
        ...

    async def feasibility(self) -> Feasibility | None:
        """Say whether the problem has any answer; `None` if nobody can tell."""
        ...

    async def certify_infeasible(self, provenance: Provenance) -> Certificate | None:
        """Certify that there is no answer; `None` if that cannot be shown once more."""
        ...

    async def hints(self, text: str, level: HintLevel) -> Sequence[Diagnostic]:
        """Find hints for a rejected candidate; nothing if nobody has any."""
        ...

    async def present(self, seed: int) -> str | None:
        """Write the task down with its parts in another order; `None` if that cannot be done."""
        ...

    async def solver(self, timeout_s: float) -> Solved | None:
        """Have an engine look for an answer for at most so long; `None` if there is no engine."""
        ...

    async def rollout(self, question: Question) -> Reply:
        """Try moves of the problem; see `critics.rollout`."""
        ...

    async def measure(self, text: str) -> Fraction | None:
        """Measure an accepted answer by the problem's objective; `None` if it has no value."""
        ...

    async def generate(self, request: Request) -> Completion:
        """Ask the model once, and never longer than `request.timeout_s`.

        Raises:
            UpstreamError: The call failed for good; `upstream-timeout` if it was cut off.
        """
        ...


class LiveEffects:
    """Effects that happen: a model endpoint, a kernel and a clock."""

    def __init__(
        self,
        kernel: Kernel,
        upstream: Upstream,
        *,
        feasibility: Callable[[], Awaitable[Feasibility]] | None = None,
        certify_infeasible: Callable[[Provenance], Awaitable[Certificate | None]] | None = None,
        hints: Callable[[str, HintLevel], Awaitable[Sequence[Diagnostic]]] | None = None,
        solver: Callable[[float], Awaitable[Solved]] | None = None,
        present: Callable[[int], Awaitable[str | None]] | None = None,
        rollout: Callable[[Question], Awaitable[Reply]] | None = None,
        measure: Callable[[str], Awaitable[Fraction | None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the run's clock.

        Args:
            kernel: The critics.
            upstream: The model.
            feasibility: Tests whether the problem has any answer, within a deadline of its own.
                It answers `unknown` where the assurance that is demanded is not reached.
            certify_infeasible: Certifies that there is none, within a deadline of its own.
            hints: Finds hints for a rejected candidate, within a deadline of its own.
            solver: Looks for an answer for at most the seconds that it is given.
            present: Writes the task down with its parts in another order.
            rollout: Tries moves, within a deadline of its own.
            measure: Measures an accepted answer, within a deadline of its own.
            clock: Reads seconds.
        """
        self._kernel = kernel
        self._feasibility = feasibility
        self._certify_infeasible = certify_infeasible
        self._hints = hints
        self._solver = solver
        self._present = present
        self._rollout = rollout
        self._measure = measure
        self._upstream = upstream
        self._clock = clock
        self._started = clock()
        self._at = 0.0

    @property
    def upstream_name(self) -> str:
        """The model endpoint's name."""
        return self._upstream.name

    def elapsed(self) -> float:
        """Give seconds since the start of the run, as of the latest finished effect."""
        return self._at

    async def generate(self, request: Request) -> Completion:
        """Ask the model; cut the call off at its deadline."""
        return await self._stamp(self._ask(request))

    async def extract(self, response: str) -> Sequence[str]:
        """Find the candidates in a response."""
        return await self._stamp(self._kernel.extract(response))

    async def judge(self, text: str) -> Judgement:
        """Judge a candidate."""
        return await self._stamp(self._kernel.judge(text))

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate."""
        return await self._stamp(self._kernel.certify(judgement, provenance))

    async def feasibility(self) -> Feasibility | None:
        """Say whether the problem has any answer; `None` if nobody can tell."""
        return None if self._feasibility is None else await self._stamp(self._feasibility())

    async def certify_infeasible(self, provenance: Provenance) -> Certificate | None:
        """Certify that there is no answer; `None` if nobody can."""
        make = self._certify_infeasible
        return None if make is None else await self._stamp(make(provenance))

    async def hints(self, text: str, level: HintLevel) -> Sequence[Diagnostic]:
        """Find hints for a rejected candidate."""
        return () if self._hints is None else await self._stamp(self._hints(text, level))

    async def present(self, seed: int) -> str | None:
        """Write the task down with its parts in another order."""
        return None if self._present is None else await self._stamp(self._present(seed))

    async def solver(self, timeout_s: float) -> Solved | None:
        """Have an engine look for an answer; what it has not found in time it does not find."""
        return None if self._solver is None else await self._stamp(self._solve(timeout_s))

    async def rollout(self, question: Question) -> Reply:
        """Try moves."""
        if self._rollout is None:
            return Unanswered(diagnostics=(untried(),))
        return await self._stamp(self._rollout(question))

    async def measure(self, text: str) -> Fraction | None:
        """Measure an accepted answer."""
        return None if self._measure is None else await self._stamp(self._measure(text))

    async def _solve(self, timeout_s: float) -> Solved | None:
        assert self._solver is not None  # noqa: S101  # the only caller has looked
        try:
            async with asyncio.timeout(timeout_s):
                return await self._solver(timeout_s)
        except TimeoutError:
            return Solved(answer=None, engine="solver", reason=f"not within {timeout_s:.3g} s")

    async def _ask(self, request: Request) -> Completion:
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._upstream.generate(request)
        except TimeoutError:
            message = f"`{self._upstream.name}` did not answer within {request.timeout_s:.3g} s"
            raise UpstreamError(
                "upstream-timeout", message, usage=estimate_usage(request)
            ) from None

    async def _stamp(self, work: Awaitable[T]) -> T:
        try:
            return await work
        finally:
            self._at = round(self._clock() - self._started, 3)


class DirectKernel:
    """A kernel in this process, for tests, examples and trusted problems.

    Args:
        extract: Finds candidates in a response.
        judge: Judges one.
        certify: Makes a certificate of an accepted judgement, or `None`.
    """

    def __init__(
        self,
        *,
        extract: Callable[[str], Sequence[str]],
        judge: Callable[[str], Judgement],
        certify: Callable[[Judgement, Provenance], Mapping[str, JsonValue] | None],
    ) -> None:
        """Keep the three functions."""
        self._extract = extract
        self._judge = judge
        self._certify = certify

    @classmethod
    def of_domain(
        cls,
        domain: Domain,
        problem: Mapping[str, JsonValue],
        *,
        certificate_id: str,
        issued_at: datetime,
    ) -> Self:
        """Ask an installed domain's own critics; there is no second opinion and no deadline.

        What it certifies is not signed.

        Args:
            domain: The domain.
            problem: Its payload.
            certificate_id: Given to the certificate, if there will be one.
            issued_at: Likewise; with a time zone.

        Raises:
            ProblemError: The problem is wrong.
        """
        payload = read_problem(domain, problem)
        domain.load(payload)

        def mint(judgement: Judgement, provenance: Provenance) -> Certificate | None:
            try:
                minted = certify(
                    domain.name,
                    problem,
                    judgement.candidate,
                    Order(id=certificate_id, issued_at=issued_at, provenance=provenance),
                )
            except NotCertifiable:
                return None
            return Envelope(write_statement(minted)).to_json()

        return cls(
            extract=lambda response: find_candidates(domain, payload, response),
            judge=lambda text: judge_claim(domain, payload, text),
            certify=mint,
        )

    async def extract(self, response: str) -> Sequence[str]:
        """Find the candidates in a response."""
        return self._extract(response)

    async def judge(self, text: str) -> Judgement:
        """Judge a candidate."""
        return self._judge(text)

    async def certify(self, judgement: Judgement, provenance: Provenance) -> Certificate | None:
        """Make a certificate."""
        made = self._certify(judgement, provenance)
        return None if made is None else dict(made)
