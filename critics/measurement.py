"""Measurement: the value of an accepted answer, by its domain's objective."""

from collections.abc import Mapping
from fractions import Fraction

from pydantic import JsonValue

from critics.domain import Domain
from critics.guard import guard
from critics.judge import read_problem
from critics.objective import is_writable
from critics.types import Problem


def measure(domain: Domain, payload: Mapping[str, JsonValue], text: str) -> Fraction | None:
    """Measure an answer that the critics accept; what they do not accept has no meaning here.

    Returns:
        `None` if the problem compares no answers, or this one has no value.

    Raises:
        ProblemError: The problem is wrong.
    """
    problem = read_problem(domain, payload)
    value, _ = guard("objective", lambda: _measure(domain, problem, text))
    return None if value is None or not is_writable(value) else Fraction(value)


def _measure(domain: Domain, problem: Problem, text: str) -> int | Fraction | None:
    if domain.objective is None:
        return None
    instance = domain.load(problem)
    objective = domain.objective(instance)
    return None if objective is None else objective.measure(domain.parse(instance, text))
