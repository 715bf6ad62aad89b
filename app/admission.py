"""Admission: what a request may ask for, decided before it costs anything."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError

from app.failures import Fault, ServiceError
from app.setting_groups import Caps
from app.settings import Settings
from backprompt.budget import Budget
from backprompt.strategy import Search, SolverMode, Strategy
from backprompt.task import Task
from backprompt.upstream import Sampling
from critics.domain import DomainError, find_domain

RETRY_AFTER_S = 5


class Slots:
    """A bounded number of things under way at once."""

    def __init__(self, limit: int, what: str) -> None:
        """Allow `limit` of them; `what` names them in messages."""
        self.limit = limit
        self.what = what
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold one slot.

        Raises:
            ServiceError: `too-many-runs`: all are taken; nobody waits in line.
        """
        if self.taken >= self.limit:
            raise ServiceError(
                "too-many-runs",
                f"{self.taken} {self.what} are under way, which is this server's limit",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class NamedLocks:
    """Lets one at a time do what all do under the same name."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, name: str | None) -> AsyncIterator[None]:
        """Wait for a name and hold it; whoever has none waits for nobody."""
        lock = self._locks.setdefault(name, asyncio.Lock()) if name is not None else asyncio.Lock()
        async with lock:
            yield


def settle_budget(asked: Budget | None, settings: Settings) -> Budget:
    """Lay the request's budget over the server's default and hold it against the caps.

    Raises:
        ServiceError: `budget-above-cap`, with every dimension that is above its cap.
    """
    wanted = {name: getattr(asked, name) for name in asked.model_fields_set} if asked else {}
    faults = list(_above(wanted, settings.caps, "#/budget"))
    if faults:
        raise ServiceError("budget-above-cap", faults[0].detail, faults=faults)
    allowed = settings.budget.model_dump() | wanted
    capped = {name: _lower(value, getattr(settings.caps, name)) for name, value in allowed.items()}
    return Budget(**capped)


def settle_strategy(
    asked: Strategy | None, settings: Settings, domain: str | None = None
) -> Strategy:
    """Lay the request's strategy over the server's default; fit it to a domain, if one is named.

    Raises:
        ServiceError: `budget-above-cap` for too wide a search; `invalid-request` when the
            request and the server's default do not fit together; `solver-none` when the domain
            has no solver for what is asked of it.
    """
    wanted = {name: getattr(asked, name) for name in asked.model_fields_set} if asked else {}
    faults = list(_above({"n": wanted.get("n")}, settings.caps, "#/strategy"))
    if faults:
        raise ServiceError("budget-above-cap", faults[0].detail, faults=faults)
    if wanted.get("search") is Search.SEQUENTIAL:
        wanted.setdefault("n", 1)
    try:
        strategy = Strategy.model_validate(settings.strategy.model_dump() | wanted)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise _unfit("#/strategy", said) from error
    if domain is None:
        return strategy
    require_moves(strategy, domain)
    require_comparison(strategy, domain)
    return settle_solver(strategy, domain, named="solver" in wanted)


def require_moves(strategy: Strategy, domain: str) -> None:
    """Refuse to search a tree where there is none; no model is asked to pretend.

    Raises:
        ServiceError: `tree-unsupported`: the domain does not offer its moves.
    """
    try:
        found = find_domain(domain)
    except DomainError:  # reading the problem says so better
        return
    if strategy.search is Search.TREE and found.prefix is None:
        detail = f"domain `{domain}` has no moves, so `search: tree` cannot search them"
        fault = Fault(pointer="#/strategy/search", code="tree-unsupported", detail=detail)
        raise ServiceError("tree-unsupported", detail, faults=[fault])


def require_comparison(strategy: Strategy, domain: str, task: Task | None = None) -> None:
    """Refuse to look for better answers where none is better than another.

    Args:
        strategy: What is asked for.
        domain: The domain's name.
        task: The problem, once it has been read; plain language is read later.

    Raises:
        ServiceError: `evolve-unsupported`: the domain, or this problem, compares no answers.
    """
    if strategy.search is not Search.EVOLVE:
        return
    try:
        found = find_domain(domain)
    except DomainError:  # reading the problem says so better
        return
    silent = task is not None and task.prompt and task.objective is None
    if found.objective is None or silent:
        what = "this problem" if found.objective is not None else f"domain `{domain}`"
        detail = f"{what} compares no answers, so `search: evolve` cannot look for better ones"
        fault = Fault(pointer="#/strategy/search", code="evolve-unsupported", detail=detail)
        raise ServiceError("evolve-unsupported", detail, faults=[fault])


def settle_solver(strategy: Strategy, domain: str, *, named: bool) -> Strategy:
    """Leave out a solver that the domain does not have, if the request did not ask for it.

    Raises:
        ServiceError: `solver-none`: the request did, or nobody else would be asked.
    """
    mode = strategy.solver
    try:
        found = find_domain(domain)
    except DomainError:  # reading the problem says so better
        return strategy
    there = found.hint if mode is SolverMode.HINT else found.solver
    if mode is SolverMode.OFF or there is not None:
        return strategy
    if named or mode is SolverMode.ONLY:
        lacks = "gives no hints" if mode is SolverMode.HINT else "has no solver"
        detail = f"domain `{domain}` {lacks}, so `solver: {mode.value}` can do nothing"
        fault = Fault(pointer="#/strategy/solver", code="solver-none", detail=detail)
        raise ServiceError("solver-none", detail, faults=[fault])
    return strategy.model_copy(update={"solver": SolverMode.OFF})


def settle_sampling(asked: Sampling | None, settings: Settings, strategy: Strategy) -> Sampling:
    """Lay the request's sampling over the server's default.

    Raises:
        ServiceError: `invalid-request`: the strategy needs variety, and the sampling allows none.
    """
    upstream = settings.upstream
    default = Sampling(
        temperature=upstream.temperature,
        max_tokens=upstream.max_tokens,
        reasoning_effort=upstream.reasoning_effort,
    )
    wanted = {name: getattr(asked, name) for name in asked.model_fields_set} if asked else {}
    sampling = default.model_copy(update=wanted)
    try:
        strategy.require_variety(sampling)
    except ValueError as error:
        raise _unfit("#/sampling/temperature", str(error)) from error
    return sampling


def _unfit(pointer: str, said: str) -> ServiceError:
    fault = Fault(pointer=pointer, code="invalid-request", detail=said)
    return ServiceError("invalid-request", said, faults=[fault])


def _above(wanted: Mapping[str, Any], caps: Caps, pointer: str) -> Iterator[Fault]:
    for name, value in wanted.items():
        cap = getattr(caps, name)
        if cap is not None and value is not None and value > cap:
            yield Fault(
                pointer=f"{pointer}/{name}",
                code="budget-above-cap",
                detail=f"`{name}` is {value:g}; this server's cap is {cap:g} (`caps.{name}`)",
            )


def _lower(value: Any, cap: Any) -> Any:
    """Lower a default to its cap; a dimension left open takes the cap itself."""
    if cap is None:
        return value
    return cap if value is None else min(value, cap)
