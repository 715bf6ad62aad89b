"""Free searches of recorded problems: whatever they find, the critics accept."""

from itertools import islice

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.rollout import SearchQuestion, answer
from critics.types import Verdict
from tests.critics.scheduling.recorded import read_problems

EASY = ("blocksworld_3", "blocksworld", "mystery_blocksworld_3")
MINUTE = 60_000


@pytest.mark.parametrize("task", ["trip", "meeting"])
def test_recorded_trips_and_days_are_found(natural_plan, task):
    domain = find_domain(task)
    for row, problem in islice(read_problems(natural_plan, task), 0, None, 40):
        payload = problem.model_dump(mode="json", by_alias=True)
        found = answer(domain, payload, SearchQuestion(ms=MINUTE))
        assert found.answer is not None, (row["id"], found.reason)
        assert judge(domain, payload, found.answer).verdict is Verdict.ACCEPTED, row["id"]


@pytest.mark.parametrize("family", EASY)
def test_recorded_plans_are_found(planbench, family):
    domain = find_domain("pddl")
    rows = [row for row in planbench.problems.values() if row["family"] == family]
    for row in rows[:4]:
        payload = {"domain": row["domain_pddl"], "problem": row["problem_pddl"]}
        found = answer(domain, payload, SearchQuestion(ms=MINUTE))
        assert found.answer is not None, (row["id"], found.reason)
        assert judge(domain, payload, found.answer).verdict is Verdict.ACCEPTED, row["id"]
