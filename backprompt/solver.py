"""solver: an exact engine beside the model, before it gives up, or instead of it.

What it finds is a candidate like any other: the critics judge it, and it is certified or not.

Invariants:
    * An engine is asked once in a run, and costs no tokens and no money.
    * It is ended with the run: whoever has lost the race works no longer.
    * The model is told nothing of what the engine has found.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from backprompt.blackboard import Blackboard
from backprompt.entries import Candidate
from backprompt.events import Origin, SolverFinished, SolverStarted
from backprompt.strategy import ASKED, SolverMode


@asynccontextmanager
async def solver_beside(board: Blackboard) -> AsyncIterator[None]:
    """Start the engine at once if it is to race, and end it with the rounds."""
    if board.strategy.solver is SolverMode.RACE:
        start(board)
    try:
        yield
    finally:
        if board.solver is not None:
            stopped, board.solver = board.solver, None
            stopped.cancel()
            await asyncio.wait({stopped})


def start(board: Blackboard) -> None:
    """Ask the engine, for as long as the budget's seconds last."""
    board.note(SolverStarted(mode=board.strategy.solver))
    board.solver_asked = True
    left = board.budget.seconds_left(board.usage)
    board.solver = asyncio.create_task(board.effects.solver(left))


async def last_resort(board: Blackboard) -> Sequence[Candidate]:
    """Wait for the engine's answer, now that no model is asked any more.

    Nothing is waited for once the problem is known to have no answer.
    """
    if board.strategy.solver not in ASKED or not board.mendable:
        return []
    if not board.solver_asked and board.budget.seconds_left(board.usage) > 0:
        start(board)
    while board.solver is not None and not board.solver.done() and board.mendable:
        waiting: set[asyncio.Task[object]] = {board.solver}
        if board.test is not None:
            waiting.add(board.test)
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        board.read_test()
    return take_answer(board)


def holds_answer(board: Blackboard) -> bool:
    """Say whether the engine has found an answer that nobody has judged yet."""
    found = board.solver.result() if board.solver is not None and board.solver.done() else None
    return found is not None and found.answer is not None and board.mendable


def take_answer(board: Blackboard) -> Sequence[Candidate]:
    """Take the engine's answer, once it is there."""
    if board.solver is None or not board.solver.done():
        return []
    found, board.solver = board.solver.result(), None
    if found is None:
        return []
    answered = found.answer is not None
    board.note(SolverFinished(engine=found.engine, answered=answered, reason=found.reason))
    return [] if found.answer is None else [Candidate(found.answer, Origin.SOLVER, None)]
