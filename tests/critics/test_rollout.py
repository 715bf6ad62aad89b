"""Questions about moves: searches end by their nodes, and replies survive JSON."""

import pytest

from critics.domain import find_domain
from critics.judge import judge
from critics.rollout import (
    QUESTIONS,
    ExpandQuestion,
    FollowQuestion,
    SearchQuestion,
    answer,
)
from critics.types import ProblemError, Undecided, Verdict

PDDL = find_domain("pddl")
LIBRARY = dict(PDDL.examples[0].problem)


@pytest.mark.parametrize("name", ["pddl", "countdown", "coloring", "trip", "meeting"])
def test_a_free_search_finds_answers_that_the_critics_accept(name):
    domain = find_domain(name)
    for example in domain.examples:
        found = answer(domain, dict(example.problem), SearchQuestion(ms=60_000))
        assert found.answer is not None, (example.name, found.reason)
        assert judge(domain, example.problem, found.answer).verdict is Verdict.ACCEPTED


def test_a_search_is_given_up_by_its_nodes_and_says_so():
    found = answer(PDDL, LIBRARY, SearchQuestion(nodes=2, ms=60_000))
    assert (found.answer, found.nodes, found.exhausted) == (None, 2, False)
    assert "2 states" in found.reason


def test_a_search_is_cut_off_by_time():
    found = answer(PDDL, LIBRARY, SearchQuestion(ms=0))
    assert found.answer is None
    assert "time ran out" in found.reason


def test_a_search_that_has_tried_everything_says_so():
    found = answer(find_domain("countdown"), {"numbers": [1, 1]}, SearchQuestion(ms=60_000))
    assert (found.answer, found.exhausted) == (None, True)


def test_chance_breaks_ties_and_the_same_seed_counts_the_same():
    question = SearchQuestion(seeds=(1, 2, 1), ms=60_000)
    counts = answer(PDDL, LIBRARY, question).counts
    assert counts[0] == counts[2]
    assert all(counts)
    assert answer(PDDL, LIBRARY, SearchQuestion(seeds=(1,), nodes=1, ms=60_000)).counts == (None,)


def test_an_expansion_tells_the_state_its_moves_and_where_they_lead():
    start = answer(PDDL, LIBRARY, ExpandQuestion())
    moves = [child.move for child in start.children]
    assert moves == sorted(moves)
    assert "(take atlas desk)" in moves
    assert "(free-hands)" in start.told
    after = answer(PDDL, LIBRARY, ExpandQuestion(moves=("(take atlas desk)",)))
    named = next(child for child in start.children if child.move == "(take atlas desk)")
    assert (after.key, after.h, after.answer) == (named.key, named.h, "(take atlas desk)")


def test_an_expansion_goes_as_far_as_the_moves_can_be_made():
    asked = ("(take atlas desk)", "(take poems desk)", "(walk desk maps)")
    assert answer(PDDL, LIBRARY, ExpandQuestion(moves=asked)).moves == asked[:1]


def test_proposals_are_filtered():
    proposals = ("(take poems desk)", "nonsense", "(take poems desk)", "(put poems maps)")
    found = answer(PDDL, LIBRARY, ExpandQuestion(proposals=proposals))
    assert [child.move for child in found.children] == ["(take poems desk)"]
    assert not found.enumerated


def test_a_child_that_is_a_goal_brings_its_answer():
    domain = find_domain("countdown")
    found = answer(domain, {"numbers": [4, 6]}, ExpandQuestion())
    goals = [child for child in found.children if child.goal]
    assert [child.answer for child in goals] == ["4 * 6"]


def test_states_without_hope_are_counted_and_left_out():
    trip = {
        "total_days": 5,
        "cities": {"A": 2, "B": 3, "C": 2},
        "edges": [
            {"from": a, "to": b, "both": True} for a, b in (("A", "B"), ("B", "C"), ("A", "C"))
        ],
        "windows": [{"city": "A", "from": 1, "to": 2}],
    }
    found = answer(find_domain("trip"), trip, ExpandQuestion())
    assert [child.move for child in found.children] == ["A"]
    assert found.hopeless == 2


def test_a_wrong_plan_is_followed_to_its_first_wrong_step():
    text = "(take poems desk)\n(walk desk fiction)\n(take atlas desk)\n(put poems fiction)"
    found = answer(PDDL, LIBRARY, FollowQuestion(text=text))
    assert found.moves == ("(take poems desk)", "(walk desk fiction)")
    assert not found.goal
    assert answer(PDDL, LIBRARY, FollowQuestion(text="no plan")).moves == ()


def test_another_estimate_and_none_can_be_asked_for():
    hadd, goals, none = (
        answer(PDDL, LIBRARY, ExpandQuestion(estimate=name)).h for name in ("hadd", "goals", "none")
    )
    assert (hadd, goals, none) == (answer(PDDL, LIBRARY, ExpandQuestion()).h, 2, None)
    assert answer(PDDL, LIBRARY, SearchQuestion(estimate="none", ms=60_000)).answer is not None


def test_what_cannot_be_asked_is_undecided():
    with pytest.raises(Undecided) as made_up:
        answer(PDDL, LIBRARY, ExpandQuestion(estimate="made-up"))
    with pytest.raises(Undecided) as no_moves:
        answer(find_domain("json-schema"), {"schema": {}}, ExpandQuestion())
    assert {made_up.value.diagnostics[0].code, no_moves.value.diagnostics[0].code} == {
        "prefix-unsupported"
    }
    with pytest.raises(ProblemError):
        answer(PDDL, {"domain": "("}, ExpandQuestion())


@pytest.mark.parametrize(
    "question", [SearchQuestion(seeds=(3,)), ExpandQuestion(moves=("a",)), FollowQuestion(text="x")]
)
def test_questions_survive_json(question):
    assert QUESTIONS.validate_json(question.model_dump_json()) == question
