"""aside: one call beside a round's own, for whoever is not the generator.

A reformatter, a soft critic and a summariser are asked here (arXiv 2402.01817, section 3).

Invariant: such a call is asked for like any other: within the budget, numbered, counted and in the
journal, however it ends. Without it the run goes on.
"""

import asyncio

from backprompt.blackboard import Blackboard
from backprompt.calls import allow
from backprompt.entries import Answer
from backprompt.upstream import Message, Request, Role, UpstreamError, estimate_usage


async def ask_aside(board: Blackboard, role: Role, prompt: str) -> Answer | None:
    """Put one prompt to the model of a role; `None` if the budget or the call failed."""
    request = _write_request(board, role, prompt)
    if request is None:
        return None
    try:
        completion = await board.effects.generate(request)
    except UpstreamError as error:
        board.call_failed(request, error)
        return None
    except asyncio.CancelledError:
        lost = UpstreamError("cancelled", "the call was cancelled", usage=estimate_usage(request))
        board.call_failed(request, lost)
        raise
    board.call_finished(request, completion)
    return Answer(request.call, completion)


def _write_request(board: Blackboard, role: Role, prompt: str) -> Request | None:
    """Write the call within what is left of the budget; it belongs to the round under way."""
    open_rounds = {"rounds": max(board.share.rounds, board.usage.rounds + 1)}
    budget = board.share.model_copy(update=open_rounds)
    if budget.exhausted(board.usage) is not None:
        return None
    left = board.climb.left(budget.left(board.usage + board.pending), board.pending)
    grant = allow(left, board.climb.rung, board.meter.measure(len(prompt)), 1, None)
    if not grant.width:
        return None
    (call,) = board.take_numbers(1)
    return Request(
        messages=(Message(role="user", content=prompt),),
        sampling=board.task.sampling,
        timeout_s=left.seconds,
        call=call,
        round=board.usage.rounds,
        role=role,
        rung=board.climb.at,
        max_tokens_left=grant.room,
        max_cost_usd=grant.cost_usd,
    )
