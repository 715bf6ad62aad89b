"""Engines: what is asked of solvers and other independent engines, in workers of their own.

None of this is trusted with a verdict: a second opinion can only take one away, and whatever an
engine finds is judged. Whatever is missing (no such hook, a deadline, a crash) is `unknown`.

Domains with the same engines share a crew; a crew imports no other engines. It starts with the
first question, and the least recently asked ones are given back when there are too many.
"""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from pydantic import JsonValue

from critics.denial import confirm_denial
from critics.domain import Domain, find_domain
from critics.judge import Demand, weigh
from critics.types import (
    Assurance,
    Claim,
    Comparison,
    Diagnostic,
    Feasibility,
    Feasible,
    HintLevel,
    Judgement,
    Opinion,
    Optimality,
    Solved,
    Verdict,
)
from critics.workers.crew import Crew
from critics.workers.reply import ask

Payload = Mapping[str, JsonValue]

MAX_AWAKE = 3
"""Crews that are kept awake; an idle one beyond gives its memory back."""


class Engines:
    """Asks the hooks of a domain that need an engine; processes start with the first question.

    Args:
        make_crew: Makes a crew of a given `size` with given modules to `preload`.
        size: Workers that give opinions at the same time, over all crews; as many more may
            test whether there is any answer, which takes so much longer that nobody is to wait
            behind it.
        solvers: Workers that look for answers at the same time, over all crews. A race is worth
            nothing to whoever waits behind somebody else's hard problem.
    """

    def __init__(self, make_crew: Callable[..., Crew], *, size: int, solvers: int = 1) -> None:
        self.size, self.solvers = size, solvers
        self._make_crew = make_crew
        self._slots = asyncio.Semaphore(size)
        self._searches = {
            "feasibility": asyncio.Semaphore(size),
            "solver": asyncio.Semaphore(solvers),
        }
        self._crews: dict[tuple[str, ...], Crew] = {}
        self._closed = False

    @property
    def crews(self) -> tuple[Crew, ...]:
        """The crews so far, the latest asked last."""
        return tuple(self._crews.values())

    def crew_of(self, domain: Domain, hook: str = "") -> Crew:
        """Give the crew with a domain's engines; older ones that are idle may have to rest.

        A solver works without them: it is to answer at once, and importing them takes seconds.

        Raises:
            RuntimeError: The pool is closed.
        """
        if self._closed:
            raise RuntimeError("the worker pool is closed")
        modules = () if hook == "solver" else domain.opinion_modules
        crew = self._crews.pop(modules, None)
        self._crews[modules] = crew or self._make_crew(
            size=2 * self.size + self.solvers, spares=3 * self.size, preload=modules
        )
        for older in self.crews[:-MAX_AWAKE]:
            older.rest()
        return self._crews[modules]

    async def aclose(self) -> None:
        """End every process."""
        self._closed = True
        await asyncio.gather(*(crew.aclose() for crew in self.crews))

    def warm(self, domain_name: str) -> None:
        """Import the engines in the background if a domain gives second opinions.

        The imports take seconds; while a model writes its first answer they cost nobody time.

        Raises:
            DomainError: There is no such domain.
        """
        domain = find_domain(domain_name)
        if domain.second_opinion is not None and not self._closed:
            self.crew_of(domain).warm()

    async def feasibility(
        self, domain_name: str, payload: Payload, *, deadline_s: float = 30.0
    ) -> Feasibility:
        """Ask whether a problem has any answer.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        done, faults = await self._hook(domain_name, payload, "feasibility", [], deadline_s)
        if done is None:
            return Feasibility(status=Feasible.UNKNOWN, diagnostics=faults)
        return Feasibility.model_validate(done)

    async def solve(
        self, domain_name: str, payload: Payload, *, deadline_s: float = 30.0
    ) -> Solved:
        """Ask a solver for an answer, which is still to be judged.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        done, faults = await self._hook(domain_name, payload, "solver", [], deadline_s)
        if done is None:
            reason = faults[0].headline if faults else "the domain has no solver"
            return Solved(answer=None, engine=domain_name, reason=reason)
        return Solved.model_validate(done)

    async def compare(
        self, domain_name: str, payload: Payload, text: str, *, deadline_s: float = 30.0
    ) -> Comparison:
        """Ask whether there is a better answer than an accepted one.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        done, faults = await self._hook(domain_name, payload, "optimality", [text], deadline_s)
        if done is None:
            return Comparison(status=Optimality.UNKNOWN, diagnostics=faults)
        return Comparison.model_validate(done)

    async def hints(
        self,
        domain_name: str,
        payload: Payload,
        text: str,
        level: HintLevel,
        *,
        deadline_s: float = 5.0,
    ) -> tuple[Diagnostic, ...]:
        """Ask for findings that help with a rejected answer; none where there is no such hook.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: There is no such domain.
        """
        arguments = [text, level.value]
        done, _ = await self._hook(domain_name, payload, "hint", arguments, deadline_s)
        return tuple(Diagnostic.model_validate(item) for item in done or ())

    async def weigh_in(
        self, domain: Domain, payload: Payload, own: Judgement, demand: Demand, seconds: float
    ) -> Judgement:
        """Have a judgement weighed against a second opinion, where one is to be asked."""
        if own.claim is Claim.INFEASIBLE:
            return await self._confirm(domain, payload, own, demand, seconds)
        if not well_formed(own):
            return own
        if domain.second_opinion is None or not wants_opinion(own, demand):
            return weigh(own, None, demand)
        started = perf_counter()
        job = {
            "kind": "opinion",
            "domain": domain.name,
            "problem": payload,
            "text": own.candidate,
        }
        done, faults = await self.do(domain, job, seconds)
        if faults:
            opinion = Opinion(
                engine=f"{domain.name} second opinion",
                verdict=Verdict.UNKNOWN,
                reason=faults[0].headline,
                ms=round((perf_counter() - started) * 1000, 3),
            )
        else:
            opinion = Opinion.model_validate(done)
        return weigh(own, opinion, demand)

    async def _confirm(
        self, domain: Domain, payload: Payload, own: Judgement, demand: Demand, seconds: float
    ) -> Judgement:
        """Have an accepted denial shown again where the domain's engines are, for `cross`."""
        if own.verdict is not Verdict.ACCEPTED or demand is Demand.SINGLE:
            return own
        if own.assurance is not Assurance.SINGLE:
            return confirm_denial(own, Feasibility(status=Feasible.UNKNOWN), demand)
        found = await self.feasibility(domain.name, payload, deadline_s=seconds)
        return confirm_denial(own, found, demand)

    async def do(
        self, domain: Domain, job: Mapping[str, Any], seconds: float
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        """Have a job done where the domain's engines are: its result, or why there is none.

        Raises:
            ProblemError: The problem is wrong.
            DomainError: The domain is.
        """
        hook = job.get("hook", "")
        async with self._searches.get(hook, self._slots):
            return await ask(self.crew_of(domain, hook), job, seconds)

    async def _hook(
        self, domain_name: str, payload: Payload, hook: str, arguments: list[str], seconds: float
    ) -> tuple[Any, tuple[Diagnostic, ...]]:
        domain = find_domain(domain_name)
        if getattr(domain, hook) is None:
            return None, ()
        job = {
            "kind": "hook",
            "domain": domain_name,
            "problem": payload,
            "hook": hook,
            "arguments": arguments,
        }
        return await self.do(domain, job, seconds)


def wants_opinion(judgement: Judgement, demand: Demand) -> bool:
    """Whether a second opinion on a well-formed candidate is asked."""
    if demand is Demand.AUTO:
        return judgement.verdict is Verdict.ACCEPTED
    return demand is not Demand.SINGLE and judgement.verdict is not Verdict.UNKNOWN


def well_formed(judgement: Judgement) -> bool:
    """Whether the text is an answer at all.

    Other texts are rejected without a second opinion, whatever is demanded: an independent engine
    is only ever given what our own syntax stage has read.
    """
    syntax = [result for result in judgement.critics if result.critic == "syntax"]
    return any(result.verdict is Verdict.ACCEPTED for result in syntax)
