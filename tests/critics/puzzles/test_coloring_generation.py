"""Made graphs: the first colouring, the nearest one, and what makes graphs different."""

import json
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from critics.puzzles.coloring import domain
from critics.puzzles.coloring_generation import answer, identify, repair
from critics.types import Verdict
from tests.critics.generated import accepts, family_of, infeasible, judge, make

COLORS = ["red", "green", "blue"]
EDGES = st.sets(st.sampled_from(sorted(combinations("abcde", 2))), min_size=1)
ANY = st.fixed_dictionaries({name: st.sampled_from(COLORS) for name in "abcde"})


def payload(edges: set[tuple[str, str]]) -> dict:
    return {"vertices": [*"abcde"], "edges": sorted(map(list, edges)), "colors": COLORS}


def all_colorings(edges: set[tuple[str, str]]) -> list[dict[str, str]]:
    every = (dict(zip("abcde", colors, strict=True)) for colors in product(COLORS, repeat=5))
    return [each for each in every if all(each[a] != each[b] for a, b in edges)]


@settings(max_examples=40, deadline=None)
@given(EDGES)
def test_the_answer_is_the_first_colouring(edges: set[tuple[str, str]]) -> None:
    first = next(iter(all_colorings(edges)), None)
    found = answer(payload(edges))
    assert (None if found is None else json.loads(found)) == first


@settings(max_examples=40, deadline=None)
@given(EDGES, ANY)
def test_a_repair_changes_as_few_vertices_as_possible(
    edges: set[tuple[str, str]], wrong: dict[str, str]
) -> None:
    found = repair(payload(edges), json.dumps(wrong))
    costs = [sum(each[v] != wrong[v] for v in wrong) for each in all_colorings(edges)]
    assert (found is None) is (not costs)
    if found is not None:
        assert accepts(domain, payload(edges), found)
        assert sum(json.loads(found)[v] != wrong[v] for v in wrong) == min(costs)


def test_names_of_colours_are_the_models_where_none_are_given() -> None:
    pair = {"edges": [["a", "b"]], "colors": 2}
    assert json.loads(repair(pair, '{"a": "sun", "b": "sun"}') or "") == {"a": "sun", "b": "1"}
    assert json.loads(answer(pair) or "") == {"a": "1", "b": "2"}


def test_the_last_edge_makes_a_graph_uncolourable() -> None:
    for seed in range(6):
        graph = dict(make(domain, "uncolorable", 2, seed))
        assert infeasible(domain, graph)
        edges = graph["edges"]
        assert isinstance(edges, list)
        fewer = [[edge for edge in edges if edge != gone] for gone in edges]
        assert any(not infeasible(domain, {**graph, "edges": each}) for each in fewer)


def test_every_edge_and_given_colour_counts() -> None:
    square = {"edges": [["a", "b"], ["b", "c"], ["c", "d"]], "colors": COLORS}
    others = (
        {"edges": [["a", "b"], ["b", "c"], ["c", "d"], ["a", "d"]]},
        {"edges": [["a", "b"], ["a", "c"], ["a", "d"]]},
        {"colors": COLORS[:2]},
        {"precolored": {"a": "red"}},
        {"precolored": {"b": "red"}},
        {"objective": "min"},
        {"vertices": ["e"]},
    )
    assert len({identify({**square, **other}) for other in ({}, *others)}) == 8
    twin = {"edges": [[4, 3], [2, 3], [1, 2]], "colors": ["x", "y", "z"]}
    assert identify(twin) == identify(square)


def test_a_large_graph_is_left_to_the_solver() -> None:
    ring = {"edges": [[n, (n + 1) % 500] for n in range(500)], "colors": 3}
    assert judge(domain, ring, answer(ring) or "").verdict is Verdict.ACCEPTED
    assert judge(domain, ring, repair(ring, "{}") or "").verdict is Verdict.ACCEPTED
    assert family_of(domain, "colorable").answer is answer
