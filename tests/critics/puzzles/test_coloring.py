"""The domain `coloring`: critics, search, extraction and Z3's opinion."""

import json
import random
from collections.abc import Iterator
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics import ProblemError, Verdict, judge
from critics.puzzles.coloring import domain
from critics.puzzles.coloring_engines import (
    compare,
    decide_feasible,
    give_hint,
    give_opinion,
    solve,
)
from critics.puzzles.coloring_problem import ColoringProblem, read_dimacs
from critics.puzzles.coloring_search import OverBudget, Search, find_clique
from critics.selftest import check_domain
from critics.types import Assurance, Feasible, HintLevel, Optimality

K4 = [[a, b] for a, b in combinations("ABCD", 2)]


def problem(**fields: object) -> ColoringProblem:
    return ColoringProblem.model_validate(fields)


def extracted(response: str, **fields: object) -> list[str]:
    return list(domain.extract(domain.load(problem(**fields)), response))


def test_the_domain_keeps_its_promises() -> None:
    assert check_domain(domain).failures == ()


def test_every_bad_edge_is_told() -> None:
    payload = {"edges": K4, "colors": 4}
    judgement = judge(domain, payload, json.dumps(dict.fromkeys("ABCD", "red")))
    assert len(judgement.diagnostics) == 6
    assert judgement.diagnostics[0].data == {"vertices": ["A", "B"]}
    better = judge(domain, payload, '{"A": 1, "B": 2, "C": 3, "D": 3}')
    assert judgement.score < better.score < 1


def test_names_that_look_alike_are_one_colour() -> None:
    payload = {"edges": [["A", "B"]], "colors": 2}
    assert judge(domain, payload, '{"A": "Red", "B": " red"}').codes == ("coloring-edge",)
    assert judge(domain, payload, '{"A": 1, "B": "1"}').codes == ("coloring-edge",)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"colors": 2},
        {"edges": K4},
        {"edges": K4, "colors": 0},
        {"edges": K4, "colors": []},
        {"edges": K4, "colors": ["red", "Red "]},
        {"edges": [["A", "A"]], "colors": 2},
        {"edges": [["A"]], "colors": 2},
        {"edges": K4, "colors": ["red"], "precolored": {"A": "blue"}},
        {"edges": K4, "colors": 4, "precolored": {"Z": "blue"}},
        {"dimacs": "", "colors": 2},
        {"dimacs": "p edge 2 1\ne 1 3", "colors": 2},
        {"dimacs": "p edge 2 1\ne 1 1", "colors": 2},
        {"dimacs": "e 1 2\np edge 2 1", "colors": 2},
        {"dimacs": "p edge 2 1\ne 1 2\nx", "colors": 2},
        {"dimacs": "p edge 99999 1", "colors": 2},
        {"dimacs": "p edge 2 1\ne 1 2", "edges": K4, "colors": 2},
        {"edges": K4, "colors": 4, "objective": "max"},
    ],
)
def test_a_wrong_problem_is_refused(fields: dict) -> None:
    with pytest.raises(ProblemError):
        judge(domain, fields, "{}")


def test_a_bad_line_is_named() -> None:
    with pytest.raises(ProblemError) as error:
        read_dimacs("c graph\np col 3 1\ne 1 x\n")
    assert error.value.diagnostics[0].at.line == 3
    assert read_dimacs("p col 3 1\ne 1 02\n") == (["1", "2", "3"], [("1", "2")])


def random_graph(chance: random.Random, size: int) -> list[list[int]]:
    return [[a, b] for a, b in combinations(range(size), 2) if chance.random() < 0.5]


def single_faults(payload: dict, good: dict[str, str]) -> Iterator[tuple[str, str]]:
    for one, other in payload["edges"]:
        yield json.dumps({**good, str(one): good[str(other)]}), "coloring-edge"
    for vertex, own in good.items():
        rest = {name: color for name, color in good.items() if name != vertex}
        yield json.dumps(rest), "coloring-missing"
        yield json.dumps({**rest, f"{vertex} ": own}), "coloring-vertex"
        yield json.dumps({**good, vertex: "ultraviolet"}), "coloring-palette"
        yield json.dumps({**good, vertex: 1.5}), "coloring-syntax"
        pair = json.dumps({vertex: own})[1:-1]
        yield f"{{{pair}, {json.dumps(good)[1:]}", "coloring-duplicate"
    for vertex, color in payload["precolored"].items():
        others = [other for other in payload["colors"] if other != color]
        yield json.dumps({**good, vertex: others[0]}), "coloring-precolored"


def test_single_faults_are_rejected_with_their_code() -> None:
    chance = random.Random(3)  # noqa: S311  # repeatable, not secret
    tried = 0
    while tried < 600:
        payload = {
            "edges": random_graph(chance, 8),
            "vertices": list(range(8)),
            "colors": ["red", "green", "blue", "white"],
            "precolored": {"0": "green"},
        }
        solved = solve(problem(**payload)).answer
        if solved is None:
            continue
        assert judge(domain, payload, solved).verdict is Verdict.ACCEPTED
        for wrong, code in single_faults(payload, json.loads(solved)):
            judgement = judge(domain, payload, wrong)
            assert judgement.verdict is Verdict.REJECTED
            assert code in judgement.codes, wrong
            tried += 1


def chromatic(size: int, edges: list[list[int]], fixed: dict[int, int]) -> int | None:
    """Count the fewest colours the plain way."""
    best = None
    for colors in product(range(size), repeat=size):
        proper = all(colors[a] != colors[b] for a, b in edges)
        if proper and all(colors[v] == color for v, color in fixed.items()):
            best = min(best or size, len(set(colors)))
    return best


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 5), given_colors=st.integers(0, 2))
def test_the_search_finds_the_fewest(seed: int, size: int, given_colors: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    edges = random_graph(chance, size)
    fixed = {v: v % 2 for v in range(min(given_colors, size))}
    payload = {
        "edges": edges,
        "vertices": list(range(size)),
        "objective": "min",
        "precolored": {str(v): f"c{color}" for v, color in fixed.items()},
    }
    wanted = chromatic(size, edges, fixed)
    solved = solve(problem(**payload)).answer
    assert (solved is None) is (wanted is None)
    if solved is not None:
        assert len(set(json.loads(solved).values())) == wanted
        assert judge(domain, payload, solved).verdict is Verdict.ACCEPTED
        assert give_opinion(problem(**payload), solved).verdict is Verdict.ACCEPTED
        assert compare(problem(**payload), solved).status is Optimality.OPTIMAL


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 7), count=st.integers(1, 4))
def test_any_colouring_is_judged_as_z3_judges_it(seed: int, size: int, count: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    payload = {
        "edges": random_graph(chance, size),
        "vertices": list(range(size)),
        "colors": count,
        "objective": chance.choice(["any", "min"]),
    }
    answer = json.dumps({str(v): chance.randint(1, count + 1) for v in range(size)})
    own = judge(domain, payload, answer).verdict
    assert give_opinion(problem(**payload), answer).verdict is own


def test_an_impossible_graph_is_proved_so_twice() -> None:
    found = decide_feasible(problem(edges=K4, colors=3))
    assert (found.status, found.assurance) == (Feasible.INFEASIBLE, Assurance.CROSS)
    assert "all joined to each other" in found.diagnostics[0].notes[0]
    assert decide_feasible(problem(edges=K4, colors=4)).status is Feasible.FEASIBLE
    clash = problem(edges=[["A", "B"]], colors=5, precolored={"A": "red", "B": "red"})
    assert decide_feasible(clash).status is Feasible.INFEASIBLE


def test_more_colours_than_needed_are_only_wrong_where_that_is_asked() -> None:
    path, answer = [["A", "B"], ["B", "C"]], '{"A": 1, "B": 2, "C": 3}'
    assert judge(domain, {"edges": path, "colors": 3}, answer).verdict is Verdict.ACCEPTED
    fewest = {"edges": path, "objective": "min"}
    assert judge(domain, fewest, answer).codes == ("coloring-not-fewest",)
    assert compare(problem(**fewest), answer).status is Optimality.IMPROVABLE
    assert compare(problem(edges=path, colors=3), answer).objective is None


def mycielski(rounds: int) -> list[list[int]]:
    edges, size = [[0, 1]], 2
    for _ in range(rounds):
        edges += [[a, size + b] for one, other in edges for a, b in ((one, other), (other, one))]
        edges += [[size + v, 2 * size] for v in range(size)]
        size = 2 * size + 1
    return edges


def test_a_hard_graph_is_decided_and_a_harder_one_left_open() -> None:
    assert (
        len(set(json.loads(solve(problem(edges=mycielski(3), objective="min")).answer).values()))
        == 5
    )
    hard = problem(edges=mycielski(4), colors=5)
    search = Search(domain.load(hard).adjacent, {}, max_work=10_000)
    with pytest.raises(OverBudget):
        search.color(5)


def test_a_clique_is_one() -> None:
    graph = domain.load(problem(edges=[*K4, ["D", "E"]], colors=4))
    assert {graph.vertices[v] for v in find_clique(graph.adjacent)} == set("ABCD")


def test_hints_repair_by_level() -> None:
    fields = problem(edges=[["A", "B"], ["B", "C"]], colors=["red", "blue"])
    wrong = '{"A": "red", "B": "red", "C": "red"}'
    (core,) = give_hint(fields, wrong, HintLevel.CORE)
    assert core.headline == ("at least 1 vertex must get another colour: one of each edge in A-B")
    counted, placed, valued = (
        give_hint(fields, wrong, level)[0].headline
        for level in (HintLevel.COUNT, HintLevel.PLACES, HintLevel.VALUES)
    )
    assert counted.endswith("every rule holds")
    changes = dict(pair.split(" = ") for pair in valued.rpartition(": ")[2].split(", "))
    assert placed.endswith(", ".join(changes))
    repaired = json.dumps({**json.loads(wrong), **changes})
    assert judge(domain, fields, repaired).verdict is Verdict.ACCEPTED
    assert give_hint(fields, "no JSON", HintLevel.VALUES) == ()


MAP = {"edges": [["WA", "NT"], ["NT", "New South"]], "colors": ["red", "green"]}
FULL = '{"WA": "red", "NT": "green", "New South": "red"}'


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (FULL, [FULL]),
        (f"```json\n{FULL}\n```", [FULL]),
        (f'{{"colors": {FULL}, "count": 2}}', [FULL]),
        ("WA: Red\nNT: GREEN\nNew South: red", [FULL]),
        ("1. **WA** -> red.\n2. **NT** -> green.\n3. **New South** -> red.", [FULL]),
        (
            "| Region | Colour |\n|---|---|\n| WA | red |\n| NT | green |\n| New South | red |",
            [FULL],
        ),
        ("Vertex WA is coloured red\nVertex NT gets color green\nnew south = RED", [FULL]),
        (
            "Red: WA and New South\nGreen: NT",
            ['{"WA": "red", "New South": "red", "NT": "green"}'],
        ),
        ("WA: red\nNT: red\nNo:\nWA: green", ['{"WA": "red", "NT": "red"}', '{"WA": "green"}']),
        ("WA | NT\n---|---\nWA: red\nNT: green", ['{"WA": "red", "NT": "green"}']),
        (json.dumps([{"node": v, "colour": c} for v, c in json.loads(FULL).items()]), [FULL]),
        (
            '{"coloring": [{"vertex": "WA", "color": "red"}, {"vertex": "NT", "color": "green"}]}',
            ['{"WA": "red", "NT": "green"}'],
        ),
        (
            '[{"vertex": "WA", "color": "red"}, {"vertex": "WA", "color": "green"}]',
            ['{"WA": "red", "WA": "green"}'],
        ),
        ('[[1], {"WA": "red"}]', ['{"WA": "red"}']),
        ("WA: purple", []),
        ("It cannot be done.", []),
    ],
)
def test_colourings_are_found_as_models_write_them(response: str, found: list[str]) -> None:
    assert extracted(response, **MAP) == found


def test_the_head_of_a_table_colours_nothing() -> None:
    graph = {"edges": [["A", "C"]], "colors": 2}
    table = "| V | C |\n|---|---|\n| A | y |\n| C | y |"
    assert extracted(table, **graph) == ['{"A": "y", "C": "y"}']


@given(st.text())
def test_extraction_takes_anything(response: str) -> None:
    assert all(extracted(response, **MAP))


@given(st.text(max_size=40) | st.text('{}":,WANTred1[]. ', max_size=40))
def test_no_text_brings_it_down(text: str) -> None:
    judgement = judge(domain, MAP, text)
    assert judgement.verdict is Verdict.REJECTED
    assert not {"critic-crashed", "critic-memory"} & set(judgement.codes)


@pytest.mark.parametrize("sign", ["{", "[", "[]", "WA: red\n", ":", "| ", '{"a":'])
def test_long_junk_is_read_in_time(sign: str) -> None:
    assert len(extracted(sign * 20_000, **MAP)) <= 20


def test_the_answer_schema_and_the_prompt_tell_the_problem() -> None:
    graph = domain.load(problem(**MAP, precolored={"WA": "red"}))
    schema = domain.answer_schema(graph)
    assert schema["required"] == ["WA", "NT", "New South"]
    assert schema["properties"]["NT"] == {"enum": ["red", "green"]}
    assert "WA is red" in domain.prompt(graph)
    assert "WA - NT" in domain.prompt(graph)
