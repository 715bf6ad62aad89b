"""Golden diagnostics: what a person or a model is told."""

import pytest

INTS = {"x": {"type": "int"}, "y": {"type": "int"}, "z": {"type": "int"}}
ANSWER = {"x": 31, "y": 2, "z": 2}


@pytest.mark.parametrize(
    ("expr", "headline"),
    [
        ("x <= 17", "x <= 17 is false: x = 31, 14 too many"),
        ("40 <= x", "40 <= x is false: x = 31, 9 too few"),
        ("x < 31", "x < 31 is false: x = 31, 1 too many"),
        ("x == y", "x = y is false: x = 31, y = 2, 29 apart"),
        ("y != z", "y != z is false: y = 2, z = 2"),
        ("not x > 5", "x > 5 is true: x = 31"),
        ("all_different(x, y, z, 9)", "y and z are both 2"),
        ("x < 5 and z > 5", "x < 5 is false: x = 31, 27 too many; z > 5 is false: z = 2, 4 too few"),  # noqa: E501  # one line a message
        ("x < 5 or y > 5", "x < 5 is false: x = 31, 27 too many; y > 5 is false: y = 2, 4 too few"),
        ("implies(x > 5, y > 5)", "x > 5 is true, but y > 5 is false: y = 2, 4 too few"),
        ("x + y <= 30", "x + y <= 30 is false: x + y = 33, 3 too many"),
        ("x / 4 == 7", "x / 4 = 7 is false: x / 4 = 7.75, 0.75 apart"),
        ("(x < 5) == (y < 5)", "(x < 5) = (y < 5) is false: x < 5 = false, y < 5 = true"),
    ],
)  # fmt: skip
def test_a_violation_names_the_part_that_fails(check_rules, expr, headline):
    judgement = check_rules(INTS, {"rule": expr}, ANSWER)
    assert judgement.diagnostics[0].headline == f"`rule` does not hold: {headline}"


def test_a_long_formula_is_shortened_to_its_values(check_rules):
    expr = "sum(" + ", ".join(["x > 5", "y > 5", "z > 5"] * 4) + ") <= 3"
    finding = check_rules(INTS, {"rule": expr}, ANSWER).diagnostics[0]
    assert finding.headline == "`rule` does not hold: 4 <= 3 is false, 1 too many"
    assert f"it says: {expr}" in finding.notes
    assert "where x = 31, y = 2, z = 2" in finding.notes


def test_the_data_say_the_same(check_rules):
    data = check_rules(INTS, {"rule": "x <= 17"}, ANSWER).diagnostics[0].data
    assert data == {"constraint": "rule", "left": "31", "right": "17", "excess": "14"}


def test_ten_are_told_and_the_others_named(check_rules):
    rules = {f"rule{n}": f"x == {n}" for n in range(14)}
    judgement = check_rules(INTS, rules, ANSWER)
    assert len(judgement.diagnostics) == 11
    assert judgement.diagnostics[-1].headline.startswith("and 4 more do not hold: `rule10`")
    assert judgement.diagnostics[-1].data["constraints"] == [f"rule{n}" for n in range(10, 14)]
    assert judgement.score == 0


def test_findings_keep_the_problems_order_and_score_progress(check_rules):
    rules = {"b": "x < 0", "a": "y < 0", "c": "z > 0", "d": "z > 1"}
    judgement = check_rules(INTS, rules, ANSWER)
    assert [d.data["constraint"] for d in judgement.diagnostics] == ["b", "a"]
    assert judgement.score == 0.5


def test_a_violation_decided_by_an_engine_is_explained(check):
    guess = "(ite (forall ((i Int)) (> i x)) 1 2)"
    script = f"(declare-const x Int)(assert (! (or (> x 5) (= x {guess})) :named c))"
    headline = check(script, {"x": 3}).diagnostics[0].headline
    assert headline.startswith("`c` does not hold: x > 5 is false: x = 3, 3 too few; x = ite(")
