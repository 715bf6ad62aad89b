"""hints: feedback `constructive` gives away a little more after every failed round.

Invariant: once values of a repair were shown, no later answer counts as the model's own.
"""

from collections.abc import Sequence

from backprompt.blackboard import Blackboard
from backprompt.events import Origin
from critics.types import Diagnostic, HintLevel

LADDER = tuple(HintLevel)
"""The first failed round is told its violations alone; then one step follows another."""


def climb(failed: int, limit: HintLevel) -> HintLevel | None:
    """Choose the hint after so many failed rounds, none of them above `limit`."""
    step = min(failed - 2, LADDER.index(limit))
    return LADDER[step] if step >= 0 else None


async def advise(board: Blackboard) -> None:
    """Ask for a hint on the round's best answer, if the next prompt is to hold one."""
    text = board.to_hint
    if text is None:
        return
    board.hint_rounds += 1
    level = climb(board.hint_rounds, board.strategy.hint_limit)
    if level is not None:
        found = await board.effects.hints(text, level)
        if found:
            board.hinted(level, found)
            if gives_answer(level, found):
                board.author = Origin.SOLVER_REPAIR


def gives_answer(level: HintLevel, found: Sequence[Diagnostic]) -> bool:
    """Say whether a hint holds values of an answer."""
    named = any(d.data.get("origin") == Origin.SOLVER_REPAIR.value for d in found)
    return level is HintLevel.VALUES or named
