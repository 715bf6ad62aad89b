"""feasibility: tests beside the rounds whether there is any answer, and ends them if there is none.

Invariant: a problem without an answer ends as `infeasible`, not as a spent budget, as far as that
can be proved within the budget's seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backprompt.blackboard import Blackboard
from backprompt.events import Origin


@asynccontextmanager
async def feasibility_test(board: Blackboard) -> AsyncIterator[None]:
    """Run the test beside the rounds; after the last one, wait for it while there is time."""
    test = asyncio.create_task(board.effects.feasibility())
    board.test = test
    try:
        yield
        if board.open:
            await asyncio.wait({test}, timeout=board.budget.seconds_left(board.usage))
            board.read_test()
        if board.infeasible:
            provenance = board.provenance(Origin.SOLVER)
            board.certified_infeasible(await board.effects.certify_infeasible(provenance))
    finally:
        board.test = None
        test.cancel()
        await asyncio.wait({test})
