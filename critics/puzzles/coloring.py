"""The domain `coloring`: colour a graph's vertices so that no edge joins two of the same colour."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from critics.arrangement import AnyOrder
from critics.domain import Domain, Mutant
from critics.puzzles.coloring_critics import (
    fewest,
    palette,
    parse,
    precolored,
    proper,
    score,
    total,
)
from critics.puzzles.coloring_engines import (
    compare,
    compare_by,
    decide_feasible,
    give_hint,
    give_opinion,
    solve,
)
from critics.puzzles.coloring_extract import find_colorings
from critics.puzzles.coloring_generation import COLORING_GENERATION
from critics.puzzles.coloring_picture import picture_coloring
from critics.puzzles.coloring_prefix import open_prefix
from critics.puzzles.coloring_problem import ColoringProblem, Graph, identify, load
from critics.puzzles.coloring_texts import COLORING_CODES, COLORING_EXAMPLES
from critics.puzzles.formalizers import COLORING

ANSWER_FORMAT = """\
Answer with one JSON object that gives every vertex its colour, and nothing else, such as
{"A": "red", "B": "green"}.\
"""


def write_prompt(graph: Graph) -> str:
    """Put a problem to a model."""
    named = ", ".join(graph.palette.values())
    colors = f"Use only these colours: {named}." if named else f"Use at most {graph.most} colours."
    least = "\nUse as few different colours as possible." if graph.fewest else ""
    given = ", ".join(f"{v} is {graph.palette.get(c, c)}" for v, c in graph.precolored.items())
    fixed = f"\nThese colours are given and must stay: {given}." if given else ""
    return (
        "Colour the vertices of this graph such that the two ends of every edge have different "
        f"colours.\n{colors}{least}{fixed}\n\n{graph.text}"
    )


def write_answer_schema(graph: Graph) -> dict[str, JsonValue]:
    """Give the JSON Schema of an answer."""
    color: JsonValue = {"type": "string"}
    if graph.palette:
        color = {"enum": list(graph.palette.values())}
    return {
        "type": "object",
        "properties": dict.fromkeys(graph.vertices, color),
        "required": list(graph.vertices),
        "additionalProperties": False,
    }


def mutate(graph: Graph, text: str) -> Iterator[Mutant]:
    """Change a colouring in ways that make it wrong, and in ways that may leave it right."""
    colors = json.loads(text)
    for vertex, color in colors.items():
        rest = {name: other for name, other in colors.items() if name != vertex}
        yield _mutant(rest, f"`{vertex}` left out")
        yield _mutant({**rest, vertex: None}, f"`{vertex}` set to null")
        for neighbour in sorted(graph.adjacent[graph.places[vertex]]):
            other = colors[graph.vertices[neighbour]]
            yield _mutant({**colors, vertex: other}, f"`{vertex}` coloured like a neighbour")
        if graph.palette:
            yield _mutant({**colors, vertex: "no such colour"}, f"`{vertex}` made up a colour")
        if vertex in graph.precolored:
            others = [c for c in graph.palette if c != identify(color)]
            yield _mutant({**colors, vertex: others[0]}, f"`{vertex}` lost its given colour")
        twice = f"{json.dumps(vertex)}: {json.dumps(color)}, "
        yield Mutant(f"{{{twice}{text.lstrip()[1:]}", f"`{vertex}` written twice", rejected=True)
    yield _mutant({**colors, "made-up": next(iter(colors.values()))}, "a vertex made up")
    yield Mutant(f"[{text}]", "wrapped in a list", rejected=True)
    yield Mutant(f"{text} {text}", "written twice", rejected=True)


def _mutant(colors: Mapping[str, object], change: str) -> Mutant:
    return Mutant(json.dumps(colors), change, rejected=True)


domain = Domain(
    name="coloring",
    version="1",
    summary="graph colouring: every edge is checked; the fewest colours where asked",
    problem=ColoringProblem,
    load=load,
    parse=parse,
    critics=(total, palette, precolored, proper, fewest),
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=find_colorings,
    score=score,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("z3",),
    feasibility=decide_feasible,
    solver=solve,
    optimality=compare,
    objective=compare_by,
    picture=picture_coloring,
    arrangement=AnyOrder(("edges", "vertices", "precolored")),
    hint=give_hint,
    prefix=open_prefix,
    answer_schema=write_answer_schema,
    examples=COLORING_EXAMPLES,
    codes=COLORING_CODES,
    formalization=COLORING,
    generation=COLORING_GENERATION,
)
