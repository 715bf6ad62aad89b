"""Prose in workers: whatever goes wrong there leaves the prose open, and never judged."""

import pytest

from critics.domain import find_domain
from critics.types import ProblemError, Undecided
from critics.workers.pool import Pool

PROBLEM = find_domain("claim").examples[0].problem
LARGE = {
    "variables": {f"v{i}": {"type": "bool"} for i in range(4000)},
    "rules": [{"name": f"r{i}", "expr": f"implies(v{i}, not v{i + 1})"} for i in range(3999)],
}
"""Takes far longer to read than anyone looks a second time for a late answer."""
LAMP = find_domain("pddl").examples[0].problem


async def test_prompts_are_written_and_translations_merged_in_workers():
    async with Pool(size=1) as pool:
        prompt = await pool.prose.write_prompt("claim", PROBLEM, "It is refunded.")
        merged = await pool.prose.merge("claim", PROBLEM, "It is.", ['{"1": "refunded"}'] * 2)
        assert '1. "It is refunded."' in prompt
        assert merged.answer is not None
        with pytest.raises(ProblemError):
            await pool.prose.write_prompt("claim", {"smtlib": "(assert"}, "It is.")
        with pytest.raises(Undecided) as caught:
            await pool.prose.write_prompt("pddl", LAMP, "It is.")
        assert caught.value.diagnostics[0].code == "translation-unsupported"
        with pytest.raises(Undecided, match="took too long"):
            await pool.prose.write_prompt("claim", LARGE, "It is.", deadline_s=0.0)
        lost = await pool.prose.merge("claim", LARGE, "It is.", ["{}"], deadline_s=0.0)
        assert (lost.answer, [d.code for d in lost.open]) == (None, ["critic-deadline"])
