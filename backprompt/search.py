"""search: puts a round's calls to the model, side by side, and hands each answer on as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from backprompt.blackboard import Blackboard
from backprompt.entries import Answer, Candidate
from backprompt.solver import take_answer
from backprompt.upstream import Completion, Request, UpstreamError, estimate_usage

Call = asyncio.Task[Completion]


async def generate(
    board: Blackboard, requests: Sequence[Request]
) -> AsyncGenerator[Answer | Candidate, None]:
    """Yield the answer of each call that finishes, in order of arrival, and a solver's beside them.

    The answers end early when it turns out that the problem has none. Closing the iterator, as
    that does, cancels the calls that are still under way; they are charged as far as
    their cost is known, and an answer that had already arrived is recorded.
    """
    calls: dict[Call, Request] = {
        asyncio.create_task(board.effects.generate(request)): request for request in requests
    }
    try:
        while calls and not board.decided:
            waiting: set[asyncio.Task[Any]] = {*calls}
            if board.test is not None:
                waiting.add(board.test)
            if board.solver is not None:
                waiting.add(board.solver)
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for call in [call for call in calls if call.done()]:
                request = calls.pop(call)
                completion = settle(board, request, call)
                if completion is not None:
                    yield Answer(request.call, completion)
            board.read_test()
            for candidate in take_answer(board):
                yield candidate
    finally:
        await abandon(board, calls)


async def abandon(board: Blackboard, calls: dict[Call, Request]) -> None:
    """End calls that are still under way, and record them."""
    for call in calls:
        call.cancel()
    try:
        if calls:
            await asyncio.wait(calls)
    finally:  # also when cancelled once more while waiting
        for call, request in calls.items():
            settle(board, request, call)


def settle(board: Blackboard, request: Request, call: Call) -> Completion | None:
    """Record how a call ended."""
    if call.cancelled() or not call.done():
        lost = UpstreamError("cancelled", "the call was cancelled", usage=estimate_usage(request))
        board.call_failed(request, lost)
        return None
    error = call.exception()
    if isinstance(error, UpstreamError):
        board.call_failed(request, error)
        return None
    completion = call.result()
    board.call_finished(request, completion)
    return completion
