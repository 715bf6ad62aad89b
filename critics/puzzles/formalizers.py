"""Formalizers of `countdown` and `coloring`: what a payload means in words, and what to ask."""

from typing import TYPE_CHECKING

from critics.formalization import Cue, Formalizer

if TYPE_CHECKING:  # a domain imports this module, so nothing of a domain is imported here
    from critics.puzzles.coloring_problem import ColoringProblem
    from critics.puzzles.countdown_problem import CountdownProblem

SIGNS = {
    "+": r"\+|\bplus\b|\badd",
    "-": r"(?<!\w)-(?!\w)|\bminus\b|\bsubtract",
    "*": r"\*|\u00d7|\btimes\b|\bmultipl",
    "/": r"(?<!\d)/(?!\d)|\u00f7|\bdivi",
}


def paraphrase_countdown(problem: "CountdownProblem") -> str:
    """Say what a countdown problem asks for."""
    numbers = ", ".join(map(str, problem.numbers))
    how = "each of them exactly once" if problem.use_all else "each of them at most once"
    return (
        f"Make {problem.target} from the numbers {numbers}, {how}.\n"
        f"Allowed operators: {' '.join(problem.operators)}, and parentheses."
    )


def paraphrase_coloring(problem: "ColoringProblem") -> str:
    """Say what a graph-colouring problem asks for."""
    joined = ", ".join(f"{one}-{other}" for one, other in problem.edges)
    colors = problem.colors
    said = [
        "Give every vertex a colour so that no edge joins two of the same colour.",
        f"Edges: {joined or 'none'}." if problem.dimacs is None else f"Graph: {problem.dimacs}",
    ]
    if problem.vertices:
        said.append(f"Vertices that are listed: {', '.join(map(str, problem.vertices))}.")
    if isinstance(colors, int):
        said.append(f"At most {colors} colours.")
    elif colors is not None:
        said.append(f"Colours: {', '.join(map(str, colors))}.")
    said += [f"The colour of {vertex} is {color}." for vertex, color in problem.precolored.items()]
    said.append(
        "Only the fewest possible colours are right."
        if problem.objective == "min"
        else "Any such colouring is right."
    )
    return "\n".join(said)


COUNTDOWN = Formalizer(
    paraphrase=paraphrase_countdown,
    instruction="`use_all` is false only where the text allows numbers to be left out.",
    cues=(
        Cue(
            "use_all",
            value=False,
            pattern=r"\bany of\b|\bsome of\b|\bat most once\b|\bneed not\b|\bleave out\b",
        ),
        *(Cue("operators", sign, pattern, telling=False) for sign, pattern in SIGNS.items()),
    ),
    counted=True,
    questions={"numbers": "Which numbers are there?", "target": "Which number is to be made?"},
)
"""Of the domain `countdown`."""

COLORING = Formalizer(
    paraphrase=paraphrase_coloring,
    instruction="Write the graph as `edges`, and vertices without edges as `vertices`.",
    cues=(Cue("objective", "min", r"\bfewest\b|\bas few\b|\bminim|\bleast\b|\bsmallest number\b"),),
    questions={"edges": "Which vertices are joined?", "colors": "How many colours are there?"},
)
"""Of the domain `coloring`."""
