"""What a candidate means, as data to draw: true to the critics, and bounded."""

import pytest

from critics.domain import find_domain, installed
from critics.judge import judge, read_problem
from critics.picture import MOST_STEPS, Network, Timeline, Walk
from critics.types import CandidateError, Verdict
from critics.workers.pool import with_pool


def picture(name, problem, text):
    domain = find_domain(name)
    instance = domain.load(read_problem(domain, problem))
    return domain.picture(instance, domain.parse(instance, text))


def examples():
    for name in sorted(installed()):
        domain = find_domain(name)
        if domain.picture is None:
            continue
        for example in domain.examples:
            for text in (*example.good, *example.bad):
                yield pytest.param(name, example.problem, text, id=f"{name}-{example.name}")


@pytest.mark.parametrize(("name", "problem", "text"), list(examples()))
def test_every_example_can_be_pictured(name, problem, text):
    try:
        shown = picture(name, problem, text)
    except CandidateError:
        return
    accepted = judge(find_domain(name), problem, text).verdict is Verdict.ACCEPTED
    if isinstance(shown, Walk):
        whole = all(step.executed for step in shown.steps) and all(met for _, met in shown.goals)
        assert whole is accepted or any(step.unmet for step in shown.steps) or not accepted
        if accepted:
            assert whole
        assert shown.steps[0].number == 0
    elif isinstance(shown, Timeline):
        assert {span.row for span in shown.spans} <= set(shown.rows)
        hard = [s for s in shown.spans if s.conflict and s.role in {"answer", "busy", "travel"}]
        if accepted:
            assert not hard
    else:
        assert isinstance(shown, Network)
        if accepted:
            assert not any(edge.conflict for edge in shown.edges)


BLOCKS = find_domain("pddl").examples[0]


def test_an_impossible_step_says_what_is_unmet():
    domain = find_domain("pddl")
    for example in domain.examples:
        for text, code in example.bad.items():
            if code != "pddl-precondition":
                continue
            shown = picture("pddl", example.problem, text)
            failed = [step for step in shown.steps if step.unmet]
            assert len(failed) == 1
            before = shown.steps[failed[0].number - 1]
            assert before.executed
            assert not failed[0].executed
            return
    pytest.fail("no example has an impossible step")


def test_states_follow_from_each_other():
    shown = picture("pddl", BLOCKS.problem, BLOCKS.good[0])
    for before, after in zip(shown.steps, shown.steps[1:], strict=False):
        assert set(after.facts) == (set(before.facts) - set(after.deleted)) | set(after.added)


def test_a_long_plan_is_cut():
    domain = find_domain("pddl")
    example = next(e for e in domain.examples if e.good and "\n" in e.good[0])
    shown = picture("pddl", example.problem, example.good[0] + "\n" + example.good[0] * 300)
    assert len(shown.steps) <= MOST_STEPS + 1
    assert shown.left_out > 0


def test_workers_draw_and_refuse_what_is_no_answer():
    async def ask(pool):
        good = await pool.picture("pddl", BLOCKS.problem, BLOCKS.good[0])
        return (
            good,
            await pool.picture("pddl", BLOCKS.problem, "no plan"),
            await pool.picture("countdown", find_domain("countdown").examples[0].problem, "1"),
        )

    good, none, unpictured = with_pool(ask, size=1)
    assert isinstance(good, Walk)
    assert none is None
    assert unpictured is None
