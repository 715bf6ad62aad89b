"""Questions about moves, asked of worker processes."""

import pytest

from critics.rollout import ExpandQuestion, Searched, SearchQuestion
from critics.types import ProblemError

pytestmark = pytest.mark.asyncio(loop_scope="module")

GAME = {"numbers": [4, 9, 10, 13]}


async def test_workers_answer_and_what_they_cannot_stays_unanswered(pool):
    found = await pool.rollouts.ask("countdown", GAME, SearchQuestion(ms=60_000))
    assert isinstance(found, Searched)
    assert found.answer is not None
    expanded = await pool.rollouts.ask("countdown", GAME, ExpandQuestion())
    assert len(expanded.children) == len({child.move for child in expanded.children}) > 10
    lost = await pool.rollouts.ask("json-schema", {"schema": {}}, ExpandQuestion())
    assert lost.diagnostics[0].code == "prefix-unsupported"
    with pytest.raises(ProblemError):
        await pool.rollouts.ask("countdown", {"numbers": "x"}, ExpandQuestion())
