"""payment: calls that are announced before they are paid.

A process may die after it has sent a call and before the answer is stored. Nobody knows what that
call has cost, so it counts as the most that it may have cost. If that leaves nothing of the
budget, the call is not made again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from app.durable.slots import Slots
from backprompt.budget import Usage
from backprompt.effects import LiveEffects
from backprompt.upstream import Completion, Request, UpstreamError, estimate_usage

LOST = "call-lost"
"""Code of a call that is not made, because one that was lost may have spent the budget."""


class Ledger(Protocol):
    """Where calls are announced."""

    def add_intent(self, run_id: str, position: int, executor: str) -> list[str | None]:
        """Announce a call; gives what earlier announcements of it have cost, as far as known."""
        ...

    def settle_intent(self, run_id: str, position: int, executor: str, usage: str) -> None:
        """Note what a call has cost that was broken off on purpose."""
        ...


class Payment:
    """Makes the calls of one run."""

    def __init__(
        self,
        run_id: str,
        live: LiveEffects,
        ledger: Ledger,
        *,
        slots: Slots,
        executor: str,
        call: Callable[..., Awaitable[Any]],
    ) -> None:
        """Make calls with the effects of a run."""
        self._run_id, self._live, self._ledger = run_id, live, ledger
        self._slots, self._executor, self._call = slots, executor, call

    async def make(self, position: int, request: Request) -> Completion:
        """Make a call as the step at a position.

        Raises:
            UpstreamError: It failed; `call-lost`: the budget may have been spent already.
        """
        before = await self._call(self._ledger.add_intent, self._run_id, position, self._executor)
        lost = sum((_cost(request, usage) for usage in before), Usage())
        request = _deduct(request, lost)
        try:
            completion = await self._ask(request)
        except UpstreamError as error:
            raise UpstreamError(
                error.code, str(error), status=error.status, usage=error.usage + lost
            ) from error
        except asyncio.CancelledError:
            known = estimate_usage(request).model_dump_json()
            await self._call(
                self._ledger.settle_intent, self._run_id, position, self._executor, known
            )
            raise
        return completion.model_copy(update={"usage": completion.usage + lost})

    async def _ask(self, request: Request) -> Completion:
        name = self._live.upstream_name
        try:
            async with asyncio.timeout(request.timeout_s), self._slots.hold(name):
                return await self._live.generate(request)
        except TimeoutError:
            message = f"`{name}` had no slot free within {request.timeout_s:.3g} s"
            raise UpstreamError("upstream-timeout", message, usage=Usage()) from None


def _cost(request: Request, known: str | None) -> Usage:
    """Give what a lost call has cost, or the most that it may have cost."""
    if known is not None:
        return Usage.model_validate_json(known)
    prompt = estimate_usage(request)
    caps = (request.sampling.max_tokens, request.max_tokens_left)
    completion = min((cap for cap in caps if cap is not None), default=0)
    return prompt.model_copy(
        update={
            "completion_tokens": completion,
            "estimated_tokens": prompt.estimated_tokens + completion,
            "cost_usd": request.max_cost_usd or 0.0,
        }
    )


def _deduct(request: Request, lost: Usage) -> Request:
    """Take what lost calls may have cost off what a call may cost.

    Raises:
        UpstreamError: `call-lost`: nothing is left.
    """
    if not lost.calls:
        return request
    tokens, cost = request.max_tokens_left, request.max_cost_usd
    tokens = None if tokens is None else tokens - lost.tokens
    cost = None if cost is None else cost - lost.cost_usd
    if (tokens is not None and tokens <= 0) or (cost is not None and cost <= 0):
        said = "the process died during a call, which may have spent what was left of the budget"
        raise UpstreamError(LOST, said, usage=lost)
    return request.model_copy(update={"max_tokens_left": tokens, "max_cost_usd": cost})
