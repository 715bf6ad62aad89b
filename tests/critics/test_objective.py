"""What answers are compared by: numbers are read exactly, and measured as a brute force counts."""

import json
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from critics.certificate import compare_with_all
from critics.domain import find_domain
from critics.judge import Demand, judge
from critics.measurement import measure
from critics.objective import Aim, Exact, is_writable, read_exact
from critics.types import Optimality, Verdict

UNBOUND = {
    "variables": {"x": {"type": "int"}},
    "constraints": [{"name": "positive", "expr": "x > 0"}],
}
EXACT: TypeAdapter[Fraction] = TypeAdapter(Exact)


@given(st.fractions())
def test_a_number_survives_json_exactly(value):
    assert EXACT.validate_json(EXACT.dump_json(value)) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [(3, 3), ("7/2", Fraction(7, 2)), (0.1, Fraction(1, 10)), ("-2.50", Fraction(-5, 2))],
)
def test_integers_decimals_and_fractions_are_read(written, value):
    assert read_exact(written) == value


@pytest.mark.parametrize(
    "written",
    [
        True,
        None,
        "",
        "x",
        "1/0",
        float("inf"),
        float("nan"),
        "1e999999999",
        "1_0",
        "9" * 4_000,
        "9" * 9_000,
    ],
)
def test_what_is_no_number_or_cannot_be_written_is_refused(written):
    with pytest.raises(ValidationError):
        EXACT.validate_python(written)


@given(st.fractions(), st.fractions())
def test_less_is_better_one_way_and_more_the_other(one, other):
    less, more = Aim(name="cost", sense="min"), Aim(name="gain", sense="max")
    assert less.prefers(one, other) is (one < other) is more.prefers(other, one)
    assert less.reaches(one, other) is (one <= other)
    assert more.reaches(one, other) is (one >= other)


def test_a_number_that_nobody_could_write_is_no_value():
    assert is_writable(1 << 9_999)
    assert not is_writable(1 << 10_001)
    problem = {**UNBOUND, "objective": {"maximize": "x"}}
    huge = json.dumps({"x": 1 << 12_000})
    assert measure(find_domain("smt"), problem, huge) is None


@pytest.mark.parametrize("domain", ["trip", "countdown", "json-schema", "python-tests"])
def test_domains_that_compare_no_answers_measure_none(domain):
    assert find_domain(domain).objective is None


def test_a_constraint_problem_without_an_objective_compares_no_answers():
    smt = find_domain("smt")
    assert measure(smt, UNBOUND, '{"x": 1}') is None
    assert measure(smt, {**UNBOUND, "objective": {"minimize": "x"}}, '{"x": 1}') == 1
    assert measure(smt, {**UNBOUND, "objective": {"minimize": "1 / (x - 1)"}}, '{"x": 1}') is None


def test_plans_are_compared_by_their_length_where_nothing_else_is_said():
    pddl = find_domain("pddl")
    library = pddl.examples[0]
    for plan in library.good:
        steps = plan.count("(") - plan.count("; (")
        assert measure(pddl, library.problem, plan) == steps


def brute_force(
    name: str,
    problem: Mapping,
    texts: Iterable[str],
    value_of: Callable[[str], int | Fraction],
    best: Callable[[Iterable], object],
) -> None:
    """Measure every accepted answer; the engine calls exactly the best ones optimal."""
    domain = find_domain(name)
    accepted = [text for text in texts if judge(domain, problem, text).verdict is Verdict.ACCEPTED]
    values = {text: value_of(text) for text in accepted}
    assert len(set(values.values())) > 1
    for text, value in values.items():
        assert measure(domain, problem, text) == value
        if domain.name == "coloring":  # it is compared where only the fewest are right
            continue
        compared = compare_with_all(domain, problem, text, Demand.AUTO)
        optimal = compared is not None and compared.status is Optimality.OPTIMAL
        assert optimal is (value == best(values.values())), text


def test_colourings_count_their_colours():
    problem = {"edges": [["a", "b"], ["b", "c"], ["c", "d"]], "colors": 4}
    texts = [
        json.dumps(dict(zip("abcd", colors, strict=True))) for colors in product("wxyz", repeat=4)
    ]
    brute_force("coloring", problem, texts, lambda text: len(set(json.loads(text).values())), min)


def test_values_of_an_expression_are_exact():
    bounds = {"type": "int", "min": 1, "max": 3}
    problem = {
        "variables": {"x": bounds, "y": bounds},
        "constraints": [{"name": "apart", "expr": "x != y"}],
        "objective": {"maximize": "x / y"},
    }
    texts = [json.dumps({"x": x, "y": y}) for x, y in product((1, 2, 3), repeat=2)]
    brute_force(
        "smt", problem, texts, lambda t: Fraction(json.loads(t)["x"], json.loads(t)["y"]), max
    )


def test_meetings_count_people_and_calendars_count_wishes():
    city = find_domain("meeting").examples[0]
    ada, bo = json.loads(city.good[0])["itinerary"]
    texts = [json.dumps({"itinerary": parts}) for parts in ([ada], [bo], [ada, bo])]
    problem = {**city.problem, "objective": "any"}
    brute_force("meeting", problem, texts, lambda t: len(json.loads(t)["itinerary"]), max)
    team = find_domain("calendar").examples[0]
    starts = [(f"14:{minute:02}", f"15:{minute:02}") for minute in range(16)]
    texts = [json.dumps({"day": "Monday", "start": s, "end": e}) for s, e in starts]
    brute_force("calendar", team.problem, texts, lambda t: int('"14:15"' not in t), min)


def test_calendars_without_wishes_compare_how_early_it_is():
    calendar = find_domain("calendar")
    problem = {**calendar.examples[0].problem, "preferences": []}
    tuesday = '{"day": "Tuesday", "start": "09:30", "end": "10:30"}'
    assert measure(calendar, problem, tuesday) == 24 * 60 + 9 * 60 + 30


def test_plans_with_a_metric_are_compared_by_it():
    pddl = find_domain("pddl")
    pipes = next(example for example in pddl.examples if "metric" in str(example.problem))
    turns = ("(turn-on first)", "(turn-on second)", "(turn-off drain)", "(turn-on drain)")
    costs = {"first": 2, "second": 3, "drain": Fraction(1, 2)}
    texts = ["\n".join(parts) for length in (3, 5) for parts in product(turns, repeat=length)]

    def cost(text: str) -> Fraction:
        return Fraction(sum(costs[line.split()[1].rstrip(")")] for line in text.splitlines()))

    brute_force("pddl", pipes.problem, texts, cost, min)
