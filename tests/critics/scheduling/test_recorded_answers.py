"""Recorded answers of real models, problem by problem, against the recorded verdicts."""

from collections import defaultdict

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.types import Assurance, Feasible, Verdict
from tests.conftest import Recordings
from tests.critics.scheduling.recorded import (
    TASKS,
    payload_of,
    read_problems,
    readings_of,
)

ACCEPTED = Verdict.ACCEPTED


@pytest.mark.parametrize("task", TASKS)
def test_nothing_of_a_recorded_problem_is_lost(natural_plan: Recordings, task: str) -> None:
    for row, problem in read_problems(natural_plan, task):
        kept = problem.model_dump(mode="json")
        for key, value in payload_of(row).items():
            if key == "work_hours":
                assert kept[key] == [time.zfill(5) for time in value]
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                for item, own in zip(value, kept[key], strict=True):
                    assert item.items() <= own.items()
            else:
                assert kept[key] in (value, tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("task", TASKS)
def test_every_golden_is_accepted(natural_plan: Recordings, task: str) -> None:
    domain = find_domain(task)
    for row, problem in read_problems(natural_plan, task):
        found = domain.extract(domain.load(problem), row["golden"])
        verdicts = [judge(domain, problem, text).verdict for text in found]
        assert verdicts == [ACCEPTED], row["id"]


@pytest.mark.parametrize("task", TASKS)
def test_every_problem_is_solved_and_decided_by_two_methods(
    natural_plan: Recordings, task: str
) -> None:
    domain = find_domain(task)
    assert domain.solver
    assert domain.feasibility
    assert domain.second_opinion
    for row, problem in read_problems(natural_plan, task):
        answer = domain.solver(problem).answer
        assert answer is not None, row["id"]
        assert judge(domain, problem, answer).verdict is ACCEPTED, row["id"]
        assert domain.second_opinion(problem, answer).verdict is ACCEPTED, row["id"]
        decided = domain.feasibility(problem)
        assert (decided.status, decided.assurance) == (Feasible.FEASIBLE, Assurance.CROSS)


def test_as_many_people_are_met_as_recorded(natural_plan: Recordings) -> None:
    domain = find_domain("meeting")
    assert domain.solver
    assert domain.optimality
    for row, problem in read_problems(natural_plan, "meeting"):
        answer = domain.solver(problem).answer
        assert answer
        assert domain.optimality(problem, answer).objective == str(row["optimum"]), row["id"]


@pytest.mark.parametrize("task", TASKS)
def test_every_candidate_is_judged_as_recorded(natural_plan: Recordings, task: str) -> None:
    domain = find_domain(task)
    problems = {row["id"]: problem for row, problem in read_problems(natural_plan, task)}
    judged: dict[str, int] = defaultdict(int)
    for row in natural_plan.rows("answers"):
        if row["task"] != task:
            continue
        problem = problems[row["problem_id"]]
        groups = readings_of(domain, domain.load(problem), row["response"])
        verdicts = [
            ACCEPTED
            if any(judge(domain, problem, text).verdict is ACCEPTED for text in group)
            else Verdict.REJECTED
            for group in groups
        ]
        best = ACCEPTED if ACCEPTED in verdicts else Verdict.REJECTED
        assert best.value == row["expected"], row["id"]
        expected = [candidate["verdict"] for candidate in row["candidates"]]
        if len(verdicts) == len(expected):
            assert [verdict.value for verdict in verdicts] == expected, row["id"]
            judged["one by one"] += 1
        else:  # prose that holds no answer, or one that is no candidate there; or a cut response
            assert ACCEPTED not in verdicts, row["id"]
            assert "accepted" not in expected, row["id"]
            judged["as a whole"] += 1
    assert judged["one by one"] > 0
    assert judged["as a whole"] <= judged["one by one"] / 50


def test_touched_windows_are_accepted_where_the_problem_says_so(natural_plan: Recordings) -> None:
    domain = find_domain("trip")
    problems = {row["id"]: problem for row, problem in read_problems(natural_plan, "trip")}
    compared = 0
    for row in natural_plan.rows("answers"):
        if row["task"] != "trip":
            continue
        problem = problems[row["problem_id"]]
        lax = problem.model_copy(update={"windows_semantics": "touch"})
        groups = readings_of(domain, domain.load(problem), row["response"])
        if len(groups) != len(row["candidates"]):
            continue
        for (text,), candidate in zip(groups, row["candidates"], strict=True):
            expected = candidate.get("expected_touch", candidate["verdict"])
            assert judge(domain, lax, text).verdict.value == expected, row["id"]
            compared += "expected_touch" in candidate
    assert compared > 0


@pytest.mark.parametrize("task", TASKS)
def test_second_opinions_never_contradict_a_judgement(natural_plan: Recordings, task: str) -> None:
    domain = find_domain(task)
    assert domain.second_opinion
    problems = {row["id"]: problem for row, problem in read_problems(natural_plan, task)}
    given = 0
    for row in natural_plan.rows("answers"):
        if row["task"] != task:
            continue
        problem = problems[row["problem_id"]]
        for text in domain.extract(domain.load(problem), row["response"])[:3]:
            opinion = domain.second_opinion(problem, text)
            if opinion.verdict is not Verdict.UNKNOWN:
                assert opinion.verdict is judge(domain, problem, text).verdict, row["id"]
                given += 1
    assert given > 0
