"""preference: chooses between certified answers by soft critics (arXiv 2402.01817, section 3.1).

Rules are the domain's own soft critics, which speak with every judgement; a rubric in words is put
to a model. Neither is sound, and neither has to be: whatever is chosen is certified already.

Invariants:
    * Nothing here makes, takes back or withholds a certificate.
    * A model that says no number has no say: the rules decide, and then the order of arrival.
"""

import re

from backprompt.aside import ask_aside
from backprompt.blackboard import Blackboard
from backprompt.entries import Won
from backprompt.events import Preferred, Score
from backprompt.task import Task
from backprompt.upstream import Role
from critics.types import Judgement

SHOWN_CHARS = 8_000
"""So much of a task and of an answer is shown to the model that scores."""
BEST = 10

RUBRIC = """\
Below are a task and a correct answer to it. How well does the answer fit this wish?

Wish: {rubric}

<task>
{task}
</task>
<answer>
{answer}
</answer>

The answer is correct; judge nothing but the wish. Say one line: SCORE: and a number from 0 (not
at all) to 10 (perfectly)."""

_SCORE = re.compile(r"score\W{0,4}(\d{1,2}(?:\.\d{1,3})?)\b", re.IGNORECASE)


async def choose(board: Blackboard) -> None:
    """Choose the answer of the run, if several are certified."""
    if not board.accepted[1:]:
        return
    if board.islands is not None:  # each was certified because it is better than those before
        board.prefer(board.accepted[-1])
        return
    scores = [await _score(board, won) for won in board.accepted]
    chosen = max(zip(board.accepted, scores, strict=True), key=lambda both: _rank(both[1]))[0]
    board.note(Preferred(candidate=chosen.number, scores=tuple(scores)))
    board.prefer(chosen)


def score_by_rules(judgement: Judgement) -> float:
    """Give the share of the domain's soft critics' wishes that an answer keeps, in (0, 1]."""
    against = sum(result.findings for result in judgement.critics if not result.hard)
    return 1 / (1 + against)


async def _score(board: Blackboard, won: Won) -> Score:
    rules = score_by_rules(won.judgement)
    rubric = board.strategy.prefer.rubric if board.strategy.prefer else None
    if rubric is None:
        return Score(candidate=won.number, rules=rules)
    prompt = write_prompt(board.task, rubric, won.judgement.candidate)
    said = await ask_aside(board, Role.SOFT_CRITIC, prompt)
    graded = read_score(said.completion.text) if said else None
    return Score(candidate=won.number, rules=rules, model=graded)


def write_prompt(task: Task, rubric: str, answer: str) -> str:
    """Ask how well an answer fits a wish."""
    shown = task.prompt or "(in the conversation of the caller)"
    return RUBRIC.format(rubric=rubric, task=shown[:SHOWN_CHARS], answer=answer[:SHOWN_CHARS])


def read_score(said: str) -> float | None:
    """Read the last score that a model says, as a share of the best; `None` if there is none."""
    found = _SCORE.findall(said)
    value = float(found[-1]) if found else -1.0
    return value / BEST if 0 <= value <= BEST else None


def _rank(score: Score) -> tuple[float, float]:
    """Order by the rubric, then by the rules; `max` keeps the first of equals."""
    return (-1.0 if score.model is None else score.model), score.rules
