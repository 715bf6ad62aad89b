import json

import pytest

from critics.judge import judge
from critics.smt import domain
from critics.types import Assurance, Feasible, HintLevel, Optimality, Verdict


def problem_of(variables, rules, **more):
    constraints = [{"name": name, "expr": expr} for name, expr in rules.items()]
    payload = {"variables": variables, "constraints": constraints, **more}
    return domain.problem.model_validate(payload)


INTS = {"x": {"type": "int"}, "y": {"type": "int", "max": 10}}
CLASH = {"far": "x > 5 * y", "near": "x < 5", "some": "y >= 1", "sum": "x + y < 100"}


def test_an_infeasible_problem_is_told_by_a_minimal_conflict_that_two_engines_prove():
    found = domain.feasibility(problem_of(INTS, CLASH))
    assert found.status is Feasible.INFEASIBLE
    assert sorted(found.conflict) == ["far", "near", "some"]
    assert found.assurance is Assurance.CROSS
    assert found.diagnostics[0].data["minimal"] is True


def test_every_member_of_a_conflict_is_needed():
    conflict = domain.feasibility(problem_of(INTS, CLASH)).conflict
    for name in conflict:
        rest = {key: expr for key, expr in CLASH.items() if key != name}
        assert domain.feasibility(problem_of(INTS, rest)).status is Feasible.FEASIBLE


def test_pigeons_do_not_fit():
    variables = {f"p{n}": {"type": "int", "min": 1, "max": 4} for n in range(5)}
    found = domain.feasibility(
        problem_of(variables, {"apart": f"all_different({', '.join(variables)})"})
    )
    assert found.status is Feasible.INFEASIBLE
    assert "apart" in found.conflict


def test_a_feasible_problem_has_a_witness_that_passes():
    problem = problem_of(INTS, {"far": "x > 5 * y", "some": "y >= 1"})
    assert domain.feasibility(problem).status is Feasible.FEASIBLE
    solved = domain.solver(problem)
    assert judge(domain, problem, solved.answer).verdict is Verdict.ACCEPTED


def test_a_solver_that_relies_on_division_by_zero_is_not_believed():
    problem = domain.problem.model_validate(
        {"smtlib": "(declare-const x Int)(assert (= x 0))(assert (= (div 1 x) 7))"}
    )
    assert domain.feasibility(problem).status is Feasible.UNKNOWN
    assert domain.solver(problem).answer is None


@pytest.mark.parametrize(
    ("sort", "formula"),
    [
        ("Real", "(= (* 3 v) 1)"),
        ("(_ BitVec 8)", "(= (bvmul v v) #x31)"),
        ("String", '(and (str.in_re v (re.+ (re.range "a" "c"))) (= (str.len v) 4))'),
        ("Bool", "(not v)"),
        ("Colour", "(and (distinct v red) (distinct v blue))"),
    ],
)
def test_a_solver_answers_in_every_sort(sort, formula):
    script = (
        "(declare-datatypes ((Colour 0)) (((red) (green) (blue))))"
        f"(declare-const v {sort})(assert {formula})"
    )
    problem = domain.problem.model_validate({"smtlib": script})
    answer = domain.solver(problem).answer
    assert judge(domain, problem, answer).verdict is Verdict.ACCEPTED


BEST = {"capacity": "3 * x + 2 * y <= 20", "signs": "x >= 0 and y >= 0"}


def test_optimal_is_said_only_of_the_best():
    problem = problem_of(INTS, BEST, objective={"maximize": "5 * x + 3 * y"})
    best = domain.solver(problem).answer
    found = domain.optimality(problem, best)
    assert (found.status, found.objective) == (Optimality.OPTIMAL, "33")
    assert found.assurance is Assurance.CROSS
    worse = domain.optimality(problem, '{"x": 6, "y": 0}')
    assert (worse.status, worse.objective) == (Optimality.IMPROVABLE, "30")
    assert domain.optimality(problem, '{"x": 7, "y": 0}').status is Optimality.UNKNOWN


def test_where_only_the_best_is_right_a_worse_answer_is_rejected():
    payload = {"objective": {"minimize": "x"}, "optimal": True}
    problem = problem_of({"x": {"type": "int"}}, {"low": "2 * x >= 7"}, **payload)
    assert judge(domain, problem, '{"x": 4}').verdict is Verdict.ACCEPTED
    assert judge(domain, problem, '{"x": 5}').codes == ("smt-not-optimal",)
    assert judge(domain, problem, '{"x": 3}').codes == ("smt-violated",)
    assert domain.second_opinion(problem, '{"x": 4}').verdict is Verdict.ACCEPTED
    unbounded = problem_of({"x": {"type": "int"}}, {"low": "x < 7"}, **payload)
    assert judge(domain, unbounded, '{"x": -9}').verdict is Verdict.REJECTED


HINTED = problem_of(
    {name: {"type": "int", "min": 0, "max": 9} for name in "abcd"},
    {"ab": "a + b == 9", "bc": "b < c", "cd": "c != d", "a": "a >= 3"},
)
WRONG = json.dumps({"a": 3, "b": 5, "c": 6, "d": 6})


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        (HintLevel.CORE, {"variables", "constraints"}),
        (HintLevel.COUNT, {"count"}),
        (HintLevel.PLACES, {"count", "variables"}),
        (HintLevel.VALUES, {"count", "variables", "values", "origin"}),
    ],
)
def test_a_hint_reveals_no_more_than_its_level(level, keys):
    (hint,) = domain.hint(HINTED, WRONG, level)
    assert set(hint.data) == keys


def test_a_repair_changes_as_little_as_possible_and_passes():
    (hint,) = domain.hint(HINTED, WRONG, HintLevel.VALUES)
    assert hint.data["count"] == 2
    assert hint.data["origin"] == "solver_repair"
    repaired = json.loads(WRONG) | hint.data["values"]
    assert judge(domain, HINTED, json.dumps(repaired)).verdict is Verdict.ACCEPTED


def test_a_right_or_unreadable_answer_gets_no_hint():
    for text in ('{"a": 3, "b": 6, "c": 7, "d": 6}', "no answer"):
        assert domain.hint(HINTED, text, HintLevel.VALUES) == ()
