"""Planning tasks made by a program: identities, plans by rule, repairs and renamed twins."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.generation import Family
from critics.judge import judge, read_problem
from critics.pddl import PddlProblem, domain
from critics.pddl.generation import GENERATION
from critics.pddl.generation_structure import find_shape
from critics.pddl.problem_reader import read_task
from critics.types import Verdict

FAMILIES = {family.name: family for family in GENERATION.families}
SOLVABLE = [family for family in GENERATION.families if family.solvable]


def make(family: Family, seed: int, level: int = 2) -> PddlProblem:
    chance = random.Random(seed)  # noqa: S311  # no secret
    return PddlProblem.model_validate(family.make(chance, level))


def replace(problem: PddlProblem, old: str, new: str) -> PddlProblem:
    assert old in problem.problem
    return problem.model_copy(update={"problem": problem.problem.replace(old, new, 1)})


@pytest.mark.parametrize("family", SOLVABLE, ids=lambda family: family.name)
def test_no_two_symbols_of_a_family_are_taken_for_each_other(family: Family) -> None:
    problem = make(family, 0)
    shape = find_shape(read_task(problem.domain, problem.problem))
    assert len(shape.parts) == len(shape.colors)


def test_a_changed_fact_goal_or_domain_is_another_task() -> None:
    problem = PddlProblem.model_validate(
        FAMILIES["blocksworld"].make(random.Random(1), 3)  # noqa: S311  # no secret
    )
    identity = GENERATION.identity(problem)
    goal = problem.problem.split("(:goal", 1)[1].split("(on ", 1)[1].split(")", 1)[0]
    swapped = " ".join(reversed(goal.split()))
    others = [
        replace(problem, "(handempty)", ""),
        problem.model_copy(update={"problem": problem.problem.replace(f"(on {goal})\n", "", 1)}),
        problem.model_copy(
            update={
                "problem": problem.problem.split("(:goal", 1)[0]
                + "(:goal"
                + problem.problem.split("(:goal", 1)[1].replace(goal, swapped, 1)
            }
        ),
        problem.model_copy(
            update={
                "domain": problem.domain.replace("(and (holding ?x) (clear ?y))", "(holding ?x)")
            }
        ),
        problem.model_copy(
            update={"domain": problem.domain.replace("(not (clear ?y))", "(clear ?y)")}
        ),
    ]
    assert all(GENERATION.identity(other) != identity for other in others)


def test_layout_comments_and_requirements_do_not_matter() -> None:
    problem = make(FAMILIES["logistics"], 4)
    other = PddlProblem(
        domain=problem.domain.replace("(:requirements :strips)", "").upper(),
        problem="; a comment\n" + " ".join(problem.problem.split()),
    )
    assert GENERATION.identity(other) == GENERATION.identity(problem)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(SOLVABLE), st.integers(1, 4), st.integers(0, 10**6), st.data())
def test_a_repair_begins_with_what_can_be_kept(family: Family, level: int, seed: int, data) -> None:
    problem = make(family, seed, level)
    assert family.answer is not None
    assert family.repair is not None
    answer = family.answer(problem)
    assert answer is not None
    lines = answer.splitlines()
    kept = data.draw(st.integers(0, len(lines)))
    wrong = "\n".join([*lines[:kept], "(fly to the moon)"])
    repaired = family.repair(problem, wrong)
    assert repaired is not None
    assert repaired.splitlines()[:kept] == lines[:kept]
    assert judge(domain, problem, repaired).verdict is Verdict.ACCEPTED


def test_a_hopelessly_long_beginning_is_given_up() -> None:
    problem = make(FAMILIES["ferry"], 1)
    answer = FAMILIES["ferry"].answer(problem)
    here = problem.problem.split("(at-ferry ", 1)[1].split(")", 1)[0]
    wandering = "\n".join([f"(sail {here} {here})"] * 100)
    assert FAMILIES["ferry"].repair(problem, wandering) == answer


def test_a_rule_says_nothing_of_tasks_that_it_does_not_fit() -> None:
    answer = FAMILIES["blocksworld"].answer
    assert answer is not None
    assert answer(make(FAMILIES["logistics"], 1)) is None
    assert answer(make(FAMILIES["blocksworld-cyclic"], 1)) is None
    assert answer(make(FAMILIES["blocksworld-crowded"], 1)) is None
    negative = replace(
        make(FAMILIES["blocksworld"], 1), "(:goal (and", "(:goal (and (not (clear a))"
    )
    assert answer(negative) is None


def test_a_renamed_twin_keeps_no_name() -> None:
    problem = make(FAMILIES["blocksworld"], 2)
    twin = GENERATION.rename(random.Random(3), problem)  # noqa: S311  # no secret
    told = f"{twin['domain']} {twin['problem']}"
    for name in ("blocksworld", "pick-up", "unstack", "clear", "ontable", "holding", "handempty"):
        assert name not in told


def test_recorded_twins_are_found_and_planned_for(planbench) -> None:
    rows = [row for row in planbench.rows("problems") if row.get("twin")]
    assert rows
    answer = FAMILIES["blocksworld"].answer
    assert answer is not None
    for row in rows[:12]:
        one = read_problem(domain, planbench.payload(row["id"]))
        other = read_problem(domain, planbench.payload(row["twin"]))
        assert GENERATION.identity(one) == GENERATION.identity(other)
        assert judge(domain, one, str(answer(one))).verdict is Verdict.ACCEPTED
        assert judge(domain, other, str(answer(other))).verdict is Verdict.ACCEPTED
