"""continuation: whole answers, each asked for twice: afresh, and from a verified prefix.

For models that think long before each answer, a call for each move is too much. So the longest
part of an answer that was right is offered as a state to go on from. The ordinary attempt is kept
beside it, since a bad beginning misleads.

Invariant: what a model answers to either is judged whole, like any answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backprompt.blackboard import Blackboard
from backprompt.entries import Candidate
from backprompt.prompt import write_task
from backprompt.tree.asking import note, write_calls
from backprompt.tree.options import TreeOptions
from backprompt.tree.priors import Inquiry
from backprompt.upstream import Message, Request
from critics.rollout import Expanded, FollowQuestion

MOST_SHOWN = 100
"""Moves of a prefix that are shown, the last ones."""

GO_ON = """\
The beginning of an answer was checked, and every one of these moves can be made:
{moves}

The state after them:
{told}

If this is a good beginning, answer with the whole answer: these moves, and then those that are \
missing. If it leads nowhere, answer with another one.\
"""


@dataclass(slots=True)
class Offered:
    """The longest verified prefix so far."""

    settings: TreeOptions
    best: Expanded | None = None


def begin_continuation(board: Blackboard, settings: TreeOptions) -> None:
    """From now on keep the longest verified prefix of every answer, and offer it."""
    board.offered = Offered(settings)


def offer_prefix(board: Blackboard) -> list[Request]:
    """Write the call of a round that goes on from a prefix; none without one, or without budget."""
    offered = board.offered
    if offered is None or offered.best is None or board.settled:
        return []
    shown = "\n".join(offered.best.moves[-MOST_SHOWN:])
    told = GO_ON.format(moves=shown, told=offered.best.told)
    words = "\n\n".join(part for part in (write_task(board.task), told) if part)
    inquiry = Inquiry((Message(role="user", content=words),), ())
    requests = write_calls(board, "continuation", [(0, inquiry)])
    if requests:
        note(board, "continuation", requests, [(0, inquiry)])
    return requests


async def keep_prefix(board: Blackboard, candidates: Sequence[Candidate]) -> None:
    """Keep the longest prefix of an answer that can be followed."""
    offered = board.offered
    if offered is None:
        return
    for candidate in candidates:
        if board.decided:
            return
        question = FollowQuestion(text=candidate.text, estimate=offered.settings.estimate)
        reply = await board.effects.rollout(question)
        longest = len(offered.best.moves) if offered.best else 0
        if isinstance(reply, Expanded) and not reply.goal and len(reply.moves) > longest:
            offered.best = reply
