import pytest
from seating_domain import domain

from critics import Verdict, judge
from critics.selftest import check_domain

PROBLEM = {"tables": {"a": 2, "b": 2}, "guests": ["X", "Y", "Z"], "apart": [["X", "Y"]]}


def test_the_domain_keeps_its_promises():
    assert check_domain(domain).failures == ()


def test_what_the_solver_finds_is_accepted():
    solved = domain.solver(domain.problem.model_validate(PROBLEM))
    assert judge(domain, PROBLEM, solved.answer).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(("seats", "status"), [(1, "infeasible"), (2, "feasible")])
def test_too_few_seats_are_found_out(seats, status):
    problem = {"tables": {"a": seats}, "guests": ["X", "Y"]}
    assert domain.feasibility(domain.problem.model_validate(problem)).status == status
