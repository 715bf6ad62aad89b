"""summary: has a model sum up earlier attempts, where the strategy's history says so.

The paper's meta-controller may have a model condense what the critics said (arXiv 2402.01817,
section 3.3). What they said of the latest answer is never condensed: facts stay word for word.

Invariant: without a summary the run goes on with the latest answer alone.
"""

from backprompt.aside import ask_aside
from backprompt.blackboard import Blackboard
from backprompt.prompt import Turn
from backprompt.strategy import Feedback, History
from backprompt.upstream import Role

PART_CHARS = 4_000
"""So much of an answer, and of what was said of it, is shown to the model that sums up."""
SUMMARY_CHARS = 2_000

TASK = """\
Somebody tries to solve a task. Sum up, in at most 120 words, what was tried and why it failed, for
whoever tries next. Say nothing that does not stand below, and propose no answer.
{before}
<attempt>
{answer}
</attempt>
<findings>
{told}
</findings>"""
BEFORE = """
<summary-of-attempts-before>
{summary}
</summary-of-attempts-before>"""


async def sum_up(board: Blackboard) -> None:
    """Fold the turn that the next prompt no longer repeats into the summary."""
    turn = board.conversation.latest
    wanted = board.strategy.history is History.SUMMARY and board.strategy.told is not Feedback.NONE
    over = board.settled or board.share.exhausted(board.usage) is not None
    if not wanted or turn is None or over:
        return
    said = await ask_aside(board, Role.SUMMARISER, write_prompt(turn, board.conversation.summary))
    if said is not None and said.completion.text.strip():
        board.conversation.summary = said.completion.text.strip()[:SUMMARY_CHARS]


def write_prompt(turn: Turn, summary: str) -> str:
    """Ask for a summary of a turn and of those before it."""
    before = BEFORE.format(summary=summary) if summary else ""
    return TASK.format(before=before, answer=turn.answer[:PART_CHARS], told=turn.told[:PART_CHARS])
