import json

from critics.changes import Changes, compare_judgements, is_comparable
from critics.judge import judge
from critics.smt import domain
from critics.types import Judgement

PROBLEM = {
    "variables": {"x": {"type": "int"}, "y": {"type": "int"}},
    "constraints": [
        {"name": "low", "expr": "x < 5"},
        {"name": "even", "expr": "y % 2 == 0"},
        {"name": "ratio", "expr": "x // y < 9"},
        *({"name": f"x{n}", "expr": f"x != {n}"} for n in range(3)),
    ],
}


def judged(x: int, y: int) -> Judgement:
    return judge(domain, PROBLEM, json.dumps({"x": x, "y": y}))


def test_parts_are_fixed_still_failing_or_newly_broken() -> None:
    changes = compare_judgements(judged(9, 1), judged(1, 1))
    assert changes == Changes(fixed=("low", "ratio"), still=("even",), broken=("x1",))


def test_a_part_that_fails_for_another_reason_is_still_failing() -> None:
    assert compare_judgements(judged(9, 1), judged(9, 0)).still == ("low", "ratio")


def test_parts_told_together_count_one_by_one() -> None:
    rules = [{"name": f"r{n}", "expr": f"x == {n}"} for n in range(15)]
    problem = {**PROBLEM, "constraints": rules}
    before, after = (judge(domain, problem, f'{{"x": {x}, "y": 0}}') for x in (-1, 14))
    changes = compare_judgements(before, after)
    assert changes.fixed == ("r14",)
    assert len(changes.still) == 14


def test_an_answer_that_could_not_be_read_is_compared_by_its_headline() -> None:
    broken = judge(domain, PROBLEM, "no answer")
    changes = compare_judgements(broken, judged(3, 2))
    assert changes.still == changes.broken == ()
    assert changes.fixed[0].startswith("the answer is not a JSON object")


def test_only_rejections_that_name_their_parts_are_comparable() -> None:
    assert is_comparable(judged(9, 1))
    assert not is_comparable(judged(3, 2))
    assert not is_comparable(judge(domain, PROBLEM, "no answer"))
