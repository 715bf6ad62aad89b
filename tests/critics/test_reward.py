"""What a completion is worth: the verdict of `judge()`, however the answers in it are put."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.denial import DENIAL, is_denial, judge_claim
from critics.domain import find_domain, installed
from critics.judge import read_problem
from critics.line import Check, answer_check, find_candidates
from critics.reward import Count, RewardQuestion, open_reward
from critics.types import ProblemError, Verdict

QUICK = sorted(set(installed()) - {"python-tests", "word", "tested-word", "solved-word"})
"""Domains whose critics start no process."""
CALENDAR = find_domain("calendar")
PDDL = find_domain("pddl")
ANSWERS = [
    (name, dict(example.problem), text)
    for name in QUICK
    for example in find_domain(name).examples
    for text in (*example.good, *example.bad, *example.responses, DENIAL, "no", "")
]


def worth(domain, problem, text, **asked):
    return open_reward(domain, problem, RewardQuestion(**asked))(text)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(ANSWERS),
    st.lists(st.sampled_from(ANSWERS), max_size=2),
    st.sampled_from(["", "So: ", "```\n"]),
    st.sampled_from(list(Count)),
    st.booleans(),
)
def test_a_completion_is_accepted_exactly_where_judge_accepts_its_answers(
    case, others, before, count, steps
):
    name, problem, text = case
    domain = find_domain(name)
    more = [other for own, theirs, other in others if (own, theirs) == (name, problem)]
    completion = before + "\n\n".join([text, *more])
    found = worth(domain, problem, completion, count=count, steps=steps)
    read = read_problem(domain, problem)
    candidates = find_candidates(domain, read, completion)
    answers = [each for each in candidates if not is_denial(each)] or candidates
    verdicts = [judge_claim(domain, read, each).verdict for each in answers]
    right = [verdict is Verdict.ACCEPTED for verdict in verdicts]
    expected = bool(right) and (all(right) if count is Count.ALL else any(right))
    assert (found.verdict is Verdict.ACCEPTED) == expected
    assert (found.progress == 1) == expected
    if steps:
        assert (found.prefix == 1) == expected
    if Verdict.UNKNOWN in verdicts and not expected:
        assert (found.progress, found.prefix) == (0, None)


@pytest.mark.parametrize("name", QUICK)
def test_one_reading_of_the_problem_gives_what_many_readings_give(name):
    domain = find_domain(name)
    for example in domain.examples:
        evaluate = open_reward(domain, example.problem, RewardQuestion())
        for text in (*example.good, *example.bad, *example.responses, *example.good):
            check = Check(domain=name, problem=dict(example.problem), answer=text)
            alone = answer_check(check)
            found = evaluate(text)
            if found.answers <= 1:
                assert (found.verdict, found.progress) == (alone.verdict, alone.score)
                assert found.codes == (alone.codes if found.progress < 1 else ())


def slots(*hours):
    return "\n".join(
        f'{{"day": "Monday", "start": "{h:02}:00", "end": "{h + 1:02}:00"}}' for h in hours
    )


def meeting(*busy):
    times = [{"person": "Ann", "day": "Monday", "start": a, "end": b} for a, b in busy]
    base = {"participants": ["Ann"], "days": ["Monday"], "duration_min": 60}
    return {**base, "work_hours": ["9:00", "17:00"], "busy": times}


MEETING = meeting(("9:00", "12:00"), ("13:00", "17:00"))


def test_listing_every_slot_earns_nothing():
    spam = slots(*range(9, 17))
    assert worth(CALENDAR, MEETING, slots(12)).verdict is Verdict.ACCEPTED
    found = worth(CALENDAR, MEETING, spam)
    assert found.verdict is Verdict.REJECTED
    assert found.answers == 8
    assert found.progress < 1
    assert worth(CALENDAR, MEETING, spam, count="any").verdict is Verdict.ACCEPTED


def test_saying_one_answer_twice_is_one_answer():
    found = worth(CALENDAR, MEETING, slots(12) + "\nAgain:\n" + slots(12))
    assert (found.verdict, found.answers) == (Verdict.ACCEPTED, 1)


def test_denying_and_answering_all_the_same_is_no_hedge():
    unsolvable = meeting(("9:00", "17:00"))
    denied = "No solution exists."
    hedge = f"{denied}\nBut perhaps this:\n{slots(12)}"
    assert worth(CALENDAR, unsolvable, denied).verdict is Verdict.ACCEPTED
    assert worth(CALENDAR, unsolvable, hedge).verdict is Verdict.REJECTED
    assert worth(CALENDAR, MEETING, denied).verdict is not Verdict.ACCEPTED
    assert worth(CALENDAR, MEETING, hedge).verdict is Verdict.ACCEPTED


SWITCHES = {
    "domain": "(define (domain s) (:predicates (on ?l))"
    " (:action press :parameters (?l) :precondition (not (on ?l)) :effect (on ?l))"
    " (:action clear :parameters (?l) :precondition (on ?l) :effect (not (on ?l))))",
    "problem": "(define (problem p) (:domain s) (:objects a b c)"
    " (:init) (:goal (and (on a) (on b) (on c))))",
}


@pytest.mark.parametrize(
    ("plan", "steps", "prefix"),
    [
        ("(press a)\n(press b)\n(press c)", (1, 1, 1), 1.0),
        ("(press a)\n(press a)\n(press b)\n(press c)", (1, 0, 0, 0), 1 / 4),
        ("(press a)\n(clear a)\n(press a)\n(clear a)", (1, 0, 0, 0), 1 / 4),
        ("(press a)", (1,), 1 / 3),
        ("(clear a)", (0,), 0.0),
        ("(fly a)", (), 0.0),
        ("(press a)\n(clear a)\n(press a)\n(press b)\n(press c)", (1, 1, 1, 1, 1), 1.0),
    ],
)
def test_steps_are_verified_one_by_one_and_idling_earns_nothing(plan, steps, prefix):
    found = worth(PDDL, SWITCHES, plan, steps=True)
    assert found.steps == steps
    assert found.prefix == pytest.approx(prefix)


def test_a_domain_without_steps_says_so():
    domain = find_domain("smt")
    example = domain.examples[0]
    right = worth(domain, example.problem, example.good[0], steps=True)
    wrong = worth(domain, example.problem, "nothing", steps=True)
    assert (right.prefix, right.steps) == (1.0, None)
    assert (wrong.prefix, wrong.steps) == (None, None)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_junk_is_worth_nothing(text):
    found = worth(PDDL, SWITCHES, text, steps=True)
    assert found.verdict is Verdict.REJECTED
    assert found.progress == 0
    assert not found.prefix


def test_a_wrong_problem_is_told():
    with pytest.raises(ProblemError):
        worth(PDDL, {"domain": "(", "problem": "("}, "(press a)")
    with pytest.raises(ProblemError):
        worth(PDDL, {"domian": ""}, "(press a)")
