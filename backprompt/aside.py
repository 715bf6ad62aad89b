"""aside: one call beside a round's own, for whoever is not the generator.

A reformatter, a soft critic and a summariser are asked here (arXiv 2402.01817, section 3).

Invariants:
    * Such a call is asked for like any other: within the budget, numbered, counted and in the
      journal, however it ends. Without it the run goes on.
    * Neither a solver's answer nor a proof that there is none waits for it.
"""

import asyncio

from backprompt.blackboard import Blackboard
from backprompt.calls import allow
from backprompt.entries import Answer
from backprompt.search import Call, abandon, settle
from backprompt.solver import holds_answer
from backprompt.upstream import Message, Request, Role


async def ask_aside(board: Blackboard, role: Role, prompt: str) -> Answer | None:
    """Put one prompt to the model of a role; `None` if the budget or the call failed."""
    request = _write_request(board, role, prompt)
    if request is None:
        return None
    call = asyncio.create_task(board.effects.generate(request))
    under_way = {call: request}
    try:
        await _wait(board, call)
        if not call.done():
            return None
        completion = settle(board, under_way.pop(call), call)
        return None if completion is None else Answer(request.call, completion)
    finally:
        await abandon(board, under_way)


async def _wait(board: Blackboard, call: Call) -> None:
    """Wait for a call, but no longer than what it brings can be of use."""
    while not call.done() and not board.infeasible and not holds_answer(board):
        beside = [task for task in (board.test, board.solver) if task is not None]
        running = [task for task in beside if not task.done()]
        await asyncio.wait([call, *running], return_when=asyncio.FIRST_COMPLETED)
        board.read_test()


def _write_request(board: Blackboard, role: Role, prompt: str) -> Request | None:
    """Write the call within what is left of the budget; it belongs to the round under way."""
    open_rounds = {"rounds": max(board.share.rounds, board.usage.rounds + 1)}
    budget = board.share.model_copy(update=open_rounds)
    if budget.exhausted(board.usage) is not None:
        return None
    left = board.climb.left(budget.left(board.usage + board.pending), board.pending)
    asked, sampling = board.task.roles.get(role), board.task.sampling
    cap = sampling.max_tokens if asked else board.climb.cap(board.climb.at, sampling)
    tokens = board.meter.measure(len(prompt), board.climb.at, role)
    grant = allow(left, asked or board.climb.rung, tokens, 1, cap)
    if not grant.width:
        return None
    (call,) = board.take_numbers(1)
    return Request(
        messages=(Message(role="user", content=prompt),),
        sampling=sampling.model_copy(update={"max_tokens": cap}),
        timeout_s=left.seconds,
        call=call,
        round=board.usage.rounds,
        role=role,
        rung=board.climb.at,
        max_tokens_left=grant.room,
        max_cost_usd=grant.cost_usd,
    )
