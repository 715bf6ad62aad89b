"""Puzzles in plain language: what a payload means, and what is doubted about it."""

import json

import pytest

from critics.domain import find_domain
from critics.formalizer import examine

MAP = "The map: A touches B, B touches C, C touches A. Three colours are there; A is red."
EDGES = [["A", "B"], ["B", "C"], ["C", "A"]]


def made(domain, text, problem):
    return examine(find_domain(domain), text, json.dumps({"problem": problem, "missing": []}))


@pytest.mark.parametrize(
    ("text", "problem", "said"),
    [
        ("Make 24 from 4, 7, 8 and 8.", {"numbers": [4, 7, 8, 8]}, "Make 24 from the numbers 4, 7"),
        (
            "Use 3 3 8 8 to get 9, only plus and times.",
            {"numbers": [3, 3, 8, 8], "target": 9, "operators": ["+", "*"]},
            "Allowed operators: + *",
        ),
        (
            "Get 24 from some of 3, 8 and 9.",
            {"numbers": [3, 8, 9], "use_all": False},
            "each of them at most once",
        ),
    ],
)
def test_a_faithful_countdown_has_no_doubts(text, problem, said):
    found = made("countdown", text, problem)
    assert (found.doubts, found.faults) == ((), ())
    assert said in found.paraphrase


@pytest.mark.parametrize(
    ("text", "problem", "what"),
    [
        ("Make 24 from 3, 3, 8, 8.", {"numbers": [3, 8, 8]}, "3"),
        ("Use 3, 8, 8.", {"numbers": [3, 8, 8]}, "24"),
        ("Make 24 from 3, 8, 8.", {"numbers": [3, 8, 8], "use_all": False}, "use_all: false"),
        ("Make 24 from 3, 8, 8.", {"numbers": [3, 8, 8], "operators": ["+"]}, "operators: +"),
        ("Make 24 from any of 3, 8, 8.", {"numbers": [3, 8, 8]}, "use_all: false"),
    ],
)
def test_what_a_countdown_adds_or_loses_is_doubted(text, problem, what):
    assert what in {doubt.what for doubt in made("countdown", text, problem).doubts}


def test_a_colouring_is_put_into_words():
    found = made("coloring", MAP, {"edges": EDGES, "colors": 3, "precolored": {"A": "red"}})
    assert found.doubts == ()
    for said in ("Edges: A-B, B-C, C-A.", "At most 3 colours.", "The colour of A is red."):
        assert said in found.paraphrase
    named = made("coloring", MAP, {"edges": EDGES, "colors": ["red"], "vertices": ["A"]})
    assert "Colours: red." in named.paraphrase
    assert "Vertices that are listed: A." in named.paraphrase


def test_what_a_colouring_adds_or_loses_is_doubted():
    lost = made("coloring", MAP, {"edges": EDGES[:1], "objective": "min"})
    assert {doubt.what for doubt in lost.doubts} >= {"C", "Three", "objective: min"}
