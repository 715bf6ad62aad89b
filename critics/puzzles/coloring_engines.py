"""Whether a graph has a colouring, the fewest colours, repairs; and Z3's opinion of all that.

`infeasible` is said only where our own search is complete; Z3 can only raise the assurance, or
take the claim away.
"""

import json
from collections.abc import Sequence
from time import perf_counter

from critics.objective import Objective
from critics.puzzles.coloring_critics import (
    Coloring,
    conflicts,
    faults,
    make_search,
    number_colors,
    parse,
    undecided,
)
from critics.puzzles.coloring_problem import ColoringProblem, Graph, load
from critics.puzzles.coloring_search import OverBudget, Search, find_clique
from critics.puzzles.z3_engine import color_graph, name_engine
from critics.types import (
    Assurance,
    CandidateError,
    Comparison,
    Diagnostic,
    Feasibility,
    Feasible,
    HintLevel,
    Opinion,
    Optimality,
    Solved,
    Verdict,
)

MAX_Z3_CLAUSES = 200_000
MAX_REPAIR_WORK = 2_000_000
MAX_SHOWN = 10


def give_opinion(problem: ColoringProblem, text: str) -> Opinion:
    """Ask Z3 about the same colouring, and whether fewer colours suffice where that counts."""
    graph, started = load(problem), perf_counter()
    try:
        coloring = parse(graph, text)
    except CandidateError as error:
        return Opinion(engine="reader", verdict=Verdict.REJECTED, reason=f"{error}")
    said = _confirm(graph, coloring)
    if said is True and graph.fewest:
        fewer = _ask(graph, coloring.distinct - 1)
        said = None if fewer is None else not fewer
    ms = round((perf_counter() - started) * 1000, 3)
    return _opinion(said, ms)


def _confirm(graph: Graph, coloring: Coloring) -> bool | None:
    """Let Z3 check a colouring: as a graph all of whose colours are given."""
    colors = dict.fromkeys([*graph.precolored.values(), *coloring.colors.values()])
    numbers = {color: n for n, color in enumerate(colors)}
    if set(coloring.colors) != set(graph.vertices) or len(numbers) > graph.most:
        return False
    if graph.palette and not set(numbers) <= set(graph.palette):
        return False
    if any(coloring.colors[vertex] != color for vertex, color in graph.precolored.items()):
        return False
    fixed = {graph.places[vertex]: numbers[color] for vertex, color in coloring.colors.items()}
    return _ask(graph, len(numbers), fixed)


def _ask(graph: Graph, count: int, fixed: dict[int, int] | None = None) -> bool | None:
    if (len(graph.edges) + len(graph.vertices)) * max(count, 1) > MAX_Z3_CLAUSES:
        return None
    if fixed is None:
        numbers = number_colors(graph)
        fixed = {graph.places[vertex]: numbers[c] for vertex, c in graph.precolored.items()}
    try:
        return color_graph(len(graph.vertices), graph.edges, count, fixed)
    except ImportError:
        return None


def _opinion(said: bool | None, ms: float) -> Opinion:  # noqa: FBT001  # what an engine said
    verdict = {None: Verdict.UNKNOWN, True: Verdict.ACCEPTED, False: Verdict.REJECTED}[said]
    reason = "it did not decide in time, or the graph is too large" if said is None else None
    try:
        return Opinion(engine=name_engine(), verdict=verdict, reason=reason, ms=ms)
    except ImportError:
        return Opinion(engine="z3", verdict=Verdict.UNKNOWN, reason="it is not installed")


def decide_feasible(problem: ColoringProblem) -> Feasibility:
    """Decide by complete search whether any colouring exists."""
    graph = load(problem)
    try:
        found = make_search(graph).color(graph.most)
    except OverBudget:
        finding = undecided("whether any colouring exists")
        return Feasibility(status=Feasible.UNKNOWN, diagnostics=(finding,))
    if found is not None:
        return Feasibility(status=Feasible.FEASIBLE)
    started = perf_counter()
    second = _opinion(_ask(graph, graph.most), round((perf_counter() - started) * 1000, 3))
    if second.verdict is Verdict.ACCEPTED:
        finding = undecided("whether any colouring exists, on which two engines disagree,")
        return Feasibility(status=Feasible.UNKNOWN, diagnostics=(finding,), opinions=(second,))
    agreed = second.verdict is Verdict.REJECTED
    return Feasibility(
        status=Feasible.INFEASIBLE,
        diagnostics=(_infeasible(graph),),
        assurance=Assurance.CROSS if agreed else Assurance.SINGLE,
        opinions=(second,),
    )


def _infeasible(graph: Graph) -> Diagnostic:
    clique = [graph.vertices[vertex] for vertex in find_clique(graph.adjacent)]
    notes: tuple[str, ...] = ("every colouring was searched",)
    if len(clique) > graph.most:
        shown = ", ".join(clique[: graph.most + 1][:MAX_SHOWN])
        notes = (f"these vertices are all joined to each other: {shown}",)
    elif graph.precolored:
        notes += ("the colours given beforehand may be the reason",)
    return Diagnostic(
        code="coloring-infeasible",
        headline=f"the graph has no colouring with {graph.most} colours",
        notes=notes,
        help=("allow more colours",),
    )


def find_colors(graph: Graph) -> list[int] | None:
    """Find a colouring, the smallest where that is asked.

    Raises:
        OverBudget: The search was given up.
    """
    search = make_search(graph)
    return search.find_fewest(graph.most) if graph.fewest else search.color(graph.most)


def solve(problem: ColoringProblem) -> Solved:
    """Search for a colouring."""
    graph, engine = load(problem), "DSATUR branch and bound"
    try:
        found = find_colors(graph)
    except OverBudget:
        return Solved(answer=None, engine=engine, reason="the search was given up")
    if found is None:
        return Solved(answer=None, engine=engine, reason="there is no colouring")
    return Solved(answer=write(graph, found), engine=engine, optimal=graph.fewest)


def write(graph: Graph, numbers: Sequence[int]) -> str:
    """Write a colouring with the names of colours that the problem gives."""
    names = {n: color for color, n in number_colors(graph).items()}
    free = (color for color in graph.palette if color not in names.values())
    plain = (str(n) for n in range(1, len(graph.vertices) + len(names) + 2))
    fresh = free if graph.palette else (name for name in plain if name not in names.values())
    for number in sorted(set(numbers)):
        if number not in names:
            names[number] = next(fresh)
    return json.dumps(
        {
            vertex: graph.palette.get(names[number], names[number])
            for vertex, number in zip(graph.vertices, numbers, strict=True)
        },
        ensure_ascii=False,
    )


def compare(problem: ColoringProblem, text: str) -> Comparison:
    """Compare an accepted colouring with all others by its number of colours, where asked."""
    graph = load(problem)
    if not graph.fewest:
        return Comparison(status=Optimality.UNKNOWN)
    coloring = parse(graph, text)
    shown = str(coloring.distinct)
    try:
        better = make_search(graph).color(coloring.distinct - 1)
    except OverBudget:
        finding = undecided("whether fewer colours suffice")
        return Comparison(status=Optimality.UNKNOWN, objective=shown, diagnostics=(finding,))
    if better is not None:
        return Comparison(status=Optimality.IMPROVABLE, objective=shown)
    started = perf_counter()
    fewer = _ask(graph, coloring.distinct - 1)
    second = _opinion(fewer, round((perf_counter() - started) * 1000, 3))
    if fewer is True:
        return Comparison(status=Optimality.UNKNOWN, objective=shown, opinions=(second,))
    return Comparison(
        status=Optimality.OPTIMAL,
        objective=shown,
        assurance=Assurance.CROSS if fewer is False else Assurance.SINGLE,
        opinions=(second,),
    )


def compare_by(_graph: Graph) -> Objective:
    """Say what colourings are compared by: how many colours they use."""
    return Objective(name="colours used", sense="min", measure=lambda coloring: coloring.distinct)


def give_hint(problem: ColoringProblem, text: str, level: HintLevel) -> Sequence[Diagnostic]:
    """Tell which vertices to recolour, and how, so that the rest can stay as it is."""
    graph = load(problem)
    try:
        coloring = parse(graph, text)
        repaired = _repair(graph, coloring)
    except (CandidateError, OverBudget):
        return ()
    if level is HintLevel.CORE:
        return _tell_conflicts(graph, coloring)
    if repaired is None:
        return ()
    changed = {v: c for v, c in repaired.items() if coloring.colors.get(v) != c}
    if not changed:
        return ()
    headline = f"{len(changed)} vertices can be recoloured so that every rule holds"
    if level is HintLevel.PLACES:
        headline += f": {', '.join(list(changed)[:MAX_SHOWN])}"
    if level is HintLevel.VALUES:
        pairs = [f"{v} = {graph.palette.get(c, c)}" for v, c in changed.items()]
        headline += f": {', '.join(pairs[:MAX_SHOWN])}"
    return (Diagnostic(code="coloring-hint", headline=headline),)


def _tell_conflicts(graph: Graph, coloring: Coloring) -> Sequence[Diagnostic]:
    """Tell edges without a common vertex whose ends have one colour: each needs a change."""
    apart: list[str] = []
    taken: set[str] = set()
    for left, right in conflicts(graph, coloring):
        if taken.isdisjoint((left, right)):
            taken |= {left, right}
            apart.append(f"{left}-{right}")
    if not apart:
        return ()
    least = "1 vertex" if len(apart) == 1 else f"{len(apart)} vertices"
    shown = ", ".join(apart[:MAX_SHOWN])
    headline = f"at least {least} must get another colour: one of each edge in {shown}"
    return (Diagnostic(code="coloring-hint", headline=headline, data={"least": len(apart)}),)


def _repair(graph: Graph, coloring: Coloring) -> dict[str, str] | None:
    """Colour the vertices that are part of a fault anew; the critics check what comes out."""
    wrong = {vertex for pair in conflicts(graph, coloring) for vertex in pair}
    kept = {
        vertex: color
        for vertex, color in coloring.colors.items()
        if vertex in graph.places
        and vertex not in wrong
        and vertex not in graph.precolored
        and (not graph.palette or color in graph.palette)
    }
    kept |= graph.precolored
    colors = list(dict.fromkeys([*kept.values(), *graph.palette, *coloring.colors.values()]))
    colors = [color for color in colors if not graph.palette or color in graph.palette]
    numbers = {color: n for n, color in enumerate(colors)}
    fixed = {graph.places[vertex]: numbers[color] for vertex, color in kept.items()}
    found = Search(graph.adjacent, fixed, MAX_REPAIR_WORK).color(min(graph.most, len(colors)))
    if found is None:
        return None
    repaired = {v: colors[n] for v, n in zip(graph.vertices, found, strict=True)}
    proposal = Coloring(repaired, {color: color for color in colors})
    return None if any(True for _ in faults(graph, proposal)) else repaired
