"""What parts of a verdict count, and over recorded answers: a reward is a verdict."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flywheel.rewards import Holdout, RewardOptions, Weights, read_completion
from app.flywheel.scoring import score
from critics.denial import is_denial, judge_claim
from critics.domain import find_domain
from critics.judge import read_problem
from critics.line import find_candidates
from critics.reward import Outcome
from critics.types import Judgement, Opinion, Verdict
from critics.workers.pool import Pool
from critics.workers.rewards import Prompted

PDDL = find_domain("pddl")
EVERY = 40
"""Each so many of the recorded answers is rewarded; the kernel's tests judge them all."""
part = st.floats(0, 1)


@given(
    st.builds(
        Weights,
        verdict=st.floats(0.1, 10),
        progress=st.floats(0, 10),
        prefix=st.floats(0, 10),
    ),
    st.sampled_from([Verdict.REJECTED, Verdict.UNKNOWN]),
    st.floats(0, 0.999),
    st.none() | st.floats(0, 0.999),
)
def test_only_what_is_accepted_gets_the_sum_of_the_weights(weights, verdict, progress, prefix):
    right = Outcome(verdict=Verdict.ACCEPTED, progress=1.0, prefix=1.0)
    unasked = Outcome(verdict=Verdict.ACCEPTED, progress=1.0)
    wrong = Outcome(verdict=verdict, progress=progress, prefix=prefix)
    whole = weights.verdict + weights.progress + weights.prefix
    assert weights.sum_up(right) == weights.sum_up(unasked) == pytest.approx(whole)
    assert 0 <= weights.sum_up(wrong) < whole


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda each: (
            st.lists(each) | st.dictionaries(st.sampled_from(["role", "content", "type"]), each)
        ),
    )
)
def test_whatever_is_no_text_is_none(value):
    read = read_completion(value)
    assert read is None or isinstance(read, str)


@pytest.mark.parametrize(
    ("own", "said", "agrees"),
    [
        ("accepted", "accepted", True),
        ("accepted", "rejected", False),
        ("rejected", "accepted", False),
        ("rejected", "rejected", True),
        ("accepted", "unknown", None),
        ("unknown", "accepted", None),
    ],
)
def test_a_disagreement_is_told_and_silence_is_none(own, said, agrees):
    judgement = Judgement(
        domain="pddl",
        domain_version="1",
        verdict=own,
        candidate="x",
        score=float(own == "accepted"),
    )
    weighed = judgement.model_copy(update={"opinions": (Opinion(engine="e", verdict=said),)})
    assert Holdout.of(judgement, weighed).agrees is agrees
    assert Holdout.of(judgement, judgement).engine is None


async def test_recorded_answers_are_rewarded_exactly_where_judge_accepts(planbench):
    rows = list(islice(planbench.rows("answers"), 0, None, EVERY))
    batch = [
        Prompted(
            domain="pddl",
            problem=planbench.payload(row["problem_id"]),
            completions=[row["response"], row["extracted_plan"]],
        )
        for row in rows
    ]
    async with Pool(size=2) as pool:
        scored = await score(pool, batch, RewardOptions(), deadline_s=60.0)
        lenient = await score(pool, batch, RewardOptions(answers="any"), deadline_s=60.0)
    paid = 0
    for row, prompted, own, any_ in zip(rows, batch, scored, lenient, strict=True):
        problem = read_problem(PDDL, prompted.problem)
        for text, reward, best in zip(prompted.completions, own, any_, strict=True):
            found = find_candidates(PDDL, problem, str(text))
            answers = [each for each in found if not is_denial(each)] or found
            right = [
                judge_claim(PDDL, problem, each).verdict is Verdict.ACCEPTED for each in answers
            ]
            assert reward.reward == float(bool(right) and all(right)), row["id"]
            assert best.reward == float(any(right)), row["id"]
            paid += reward.reward == 1
        if row["expected_response"] == "accepted" and len(answers) == 1:
            assert own[0].reward == 1, row["id"]
    assert 0 < paid < len(rows)
