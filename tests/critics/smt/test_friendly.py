import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics.judge import judge
from critics.smt import domain
from critics.smt.schema import SmtProblem

VARIABLES = {
    "x": {"type": "int"},
    "y": {"type": "int"},
    "r": {"type": "real"},
    "p": {"type": "bool"},
    "q": {"type": "bool"},
    "c": {"type": "enum", "values": ["red", "green"]},
    "d": {"type": "enum", "values": ["red", "green"]},
    "b": {"type": "bitvec", "width": 4},
    "s": {"type": "string"},
}
ANSWER = {"x": 3, "y": -2, "r": "1/3", "p": True, "q": False}
ANSWER |= {"c": "red", "d": "green", "b": 9, "s": "abc"}


@pytest.mark.parametrize(
    ("expr", "holds"),
    [
        ("x == 3", True),
        ("x != 3", False),
        ("0 <= x < 4", True),
        ("1 < x < 3 != 2", False),
        ("x + y * 2 == -1", True),
        ("x // y == -1 and x % y == 1", True),
        ("-7 // 2 == -4 and -7 % 2 == 1", True),
        ("7 // -2 == -3 and 7 % -2 == 1", True),
        ("-7 // -2 == 4 and -7 % -2 == 1", True),
        ("3 * r == 1", True),
        ("r == 1 / 3", True),
        ("r == 0.333333333333333333", False),
        ("0.1 + 0.2 == 0.3", True),
        ("1e-2 == 1 / 100 and .5 == 0.50", True),
        ("x ** 2 == 9", True),
        ("x / 2 == 1.5", True),
        ("abs(y) == 2", True),
        ("min(x, y, 0) == -2 and max(x, r) == 3", True),
        ("min([x, y]) == y", True),
        ("sum(x, y, 1) == 2", True),
        ("sum([p, q, x > 0]) == 2", True),
        ("p + q == 1", True),
        ("5 * p <= x", False),
        ("p == 1 and q == 0", True),
        ("p > q", True),
        ("all_different(x, y, 4)", True),
        ("all_different(x, y, 3)", False),
        ("all_different(c, d, 'red')", False),
        ("implies(p, q)", False),
        ("implies(q, x > 100)", True),
        ("x > 0 if p else x < 0", True),
        ("(1 if p else 0.5) == 1", True),
        ("c == 'red' and d != 'red'", True),
        ("c in ('green', 'red') and c not in ['green']", True),
        ("x in (1, 2, 3)", True),
        ("c == d", False),
        ("not (p and q) or q", True),
        ("b == 9 and b + 8 == 1", True),
        ("b & 1 == 1 and b >> 3 == 1 and ~b == 6 and b ^ 15 == 6", True),
        ("b > 8 and b // 2 == 4 and -b == 7", True),
        ("s == 'abc' and len(s) == 3 and s + 'd' == 'abcd'", True),
        ("s < 'abd' and s > 'abb' and s >= 'abc'", True),
        ("True", True),
        ("x == 1_000 or x == 0x3", True),
    ],
)
def test_an_expression_means_what_it_says(check_rules, expr, holds):
    judgement = check_rules(VARIABLES, {"c": expr}, ANSWER)
    assert judgement.verdict == ("accepted" if holds else "rejected"), judgement.diagnostics


@pytest.mark.parametrize(
    "expr",
    [
        "__import__('os').system('id') == 0",
        "x.real > 0",
        "(lambda: x)() > 0",
        "[z for z in (1, 2)] == x",
        "(z := 3) > 0",
        "f'{x}' == s",
        "x @ y > 0",
        "eval('1') > 0",
        "x is 3",
        "x and p",
        "x > 0 and",
        "x",
        "z > 0",
        "x > p.q",
        "c == 'blue'",
        "c < 'red'",
        "c == s",
        "b == 16",
        "b == x",
        "s == 3",
        "sum() > 0",
        "abs(x, y) > 0",
        "max(x, key=y) > 0",
        "x > ...",
        "x > None",
        "x > 1j",
        "x > b'1'",
        "x[0] > 0",
        "{1: 2} == x",
        "x; y",
        r"s == '\ud800'",
        r"s == '\U0010ffff'",
        "await x",
        "(" * 5_000,
        "not " * 5_000 + "p",
        "9" * 5_000 + " > x",
        "x" + " " * 20_001 + "> 0",
    ],
)
def test_an_expression_outside_the_language_is_refused(refuse, expr):
    payload = {"variables": VARIABLES, "constraints": [{"name": "c", "expr": expr}]}
    assert len(refuse(payload)) == 1


ATOMS = st.sampled_from(["x", "y", "3", "-2", "0", "7"])


@st.composite
def python_expressions(draw, depth=4):
    """Write arithmetic and logic that mean the same in Python, with few parentheses."""
    if depth <= 0:
        return f"{draw(ATOMS)} {draw(st.sampled_from(['<', '<=', '==', '!=', '>']))} {draw(ATOMS)}"
    operators = ["and", "or", "+", "-", "*", "<", "==", ">=", "not", "// 3 +", "% 4 -", "if"]
    operator = draw(st.sampled_from(operators))
    left = draw(python_expressions(depth - 1))
    if operator == "not":
        return f"not {left}"
    if operator in ("and", "or"):
        return f"{left} {operator} {draw(python_expressions(depth - 2))}"
    if operator == "if":
        return f"({left} if {draw(ATOMS)} > 0 else {draw(python_expressions(depth - 2))})"
    side = f"({left})" if draw(st.booleans()) else draw(ATOMS)
    return f"{draw(ATOMS)} {operator} {side} * {draw(ATOMS)} < {draw(ATOMS)}"


@settings(max_examples=100, deadline=None)
@given(python_expressions(), st.integers(-9, 9), st.integers(-9, 9))
def test_an_expression_means_what_python_says(expr, x, y):
    payload = {"variables": VARIABLES, "constraints": [{"name": "c", "expr": expr}]}
    judgement = judge(domain, payload, json.dumps(ANSWER | {"x": x, "y": y}))
    holds = bool(eval(expr, {"x": x, "y": y}))  # noqa: S307  # Python itself is the oracle
    assert judgement.verdict == ("accepted" if holds else "rejected"), judgement.diagnostics


def test_a_long_sum_is_read(check_rules):
    total = "+".join(["x"] * 1_000)
    assert check_rules({"x": {"type": "int"}}, {"c": f"{total} == 3000"}, {"x": 3}).codes == ()


def test_bounds_are_constraints_with_names(check_rules):
    variables = {"x": {"type": "int", "min": 0, "max": 9}, "r": {"type": "real", "max": 0.1}}
    judgement = check_rules(variables, {"c": "x == x"}, {"x": 10, "r": 0.11})
    assert [d.data["constraint"] for d in judgement.diagnostics] == ["x.max", "r.max"]
    assert check_rules(variables, {"c": "x == x"}, {"x": 9, "r": 0.1}).verdict == "accepted"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"lambda": {"type": "int"}}, "smt-problem-name"),
        ({"sum": {"type": "int"}}, "smt-problem-name"),
        ({"é": {"type": "int"}}, "smt-problem-name"),
        ({"a b": {"type": "int"}}, "smt-problem-name"),
        ({"x": {"type": "enum"}}, "smt-problem-sort"),
        ({"x": {"type": "enum", "values": ["a", "a"]}}, "smt-problem-sort"),
        ({"x": {"type": "bitvec", "width": 5_000}}, "smt-problem-sort"),
        ({"x": {"type": "int", "min": 0.5}}, "smt-problem-sort"),
        ({"x": {"type": "int", "min": "1e99999999"}}, "smt-problem-sort"),
        ({"x": {"type": "bool", "min": 0}}, "smt-problem-sort"),
        ({"x": {"type": "int", "min": True}}, "problem-invalid"),
        ({"x": {"type": "float"}}, "problem-invalid"),
    ],
)
def test_a_wrong_variable_is_refused(refuse, variables, code):
    payload = {"variables": variables, "constraints": [{"name": "c", "expr": "True"}]}
    assert refuse(payload)[0] == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "problem-invalid"),
        ({"variables": {}, "smtlib": "(assert true)"}, "problem-invalid"),
        ({"variables": {}}, "problem-invalid"),
        ({"variables": {}, "constraints": []}, "smt-problem-empty"),
        ({"smtlib": "(assert true)", "optimal": True}, "problem-invalid"),
        ({"smtlib": "(assert true)", "objective": {}}, "problem-invalid"),
        ({"smtlib": "(assert true)", "objective": {"minimize": "true"}}, "smt-problem-sort"),
        ({"smtlib": "(assert true)", "objective": {"minimize": "1) (push"}}, "smt-problem-syntax"),
    ],
)
def test_a_payload_has_one_form(refuse, payload, code):
    assert refuse(payload)[0] == code


def test_two_constraints_cannot_share_a_name(refuse):
    rule = {"name": "c", "expr": "x > 0"}
    payload = {"variables": {"x": {"type": "int", "min": 0}}, "constraints": [rule, rule]}
    assert refuse(payload) == ["smt-problem-name"]
    assert refuse({**payload, "constraints": [{**rule, "name": "x.min"}]}) == ["smt-problem-name"]


def test_the_prompt_holds_the_whole_problem():
    payload = {
        "variables": {"x": {"type": "int", "min": 0, "max": 9, "description": "hours"}},
        "constraints": [{"name": "odd", "expr": "x % 2 == 1", "why": "odd hours only"}],
        "objective": {"maximize": "x"},
    }
    prompt = domain.prompt(domain.load(SmtProblem.model_validate(payload)))
    for part in ("x: int, at least 0, at most 9, hours", "odd: x % 2 == 1  (odd hours only)"):
        assert part in prompt
    assert "maximize: x" in prompt
