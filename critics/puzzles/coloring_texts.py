"""The codes and the self-test examples of the domain `coloring`."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code
from critics.domain import Example

COLORING_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "coloring-syntax": Code(
            "The answer is not a JSON object of colours",
            "An answer is one JSON object from vertex to colour; a colour is text or an integer.",
            'Answer with one JSON object, such as {"A": "red", "B": "green"}.',
        ),
        "coloring-duplicate": Code(
            "A vertex stands twice",
            "JSON readers differ on repeated keys, so they are refused.",
            "Give each vertex one colour.",
        ),
        "coloring-missing": Code(
            "A vertex has no colour",
            "Every vertex of the graph needs one.",
            "Colour it.",
        ),
        "coloring-vertex": Code(
            "A name is no vertex",
            "Only vertices of the graph are coloured; names are compared letter by letter.",
            "Leave it out, or correct its name.",
        ),
        "coloring-palette": Code(
            "A colour is not one of those given",
            "Names of colours are compared without regard to case.",
            "Use the colours of the problem.",
        ),
        "coloring-count": Code(
            "Too many different colours are used",
            "The problem says how many there are.",
            "Use fewer colours.",
        ),
        "coloring-precolored": Code(
            "A given colour was changed",
            "The problem fixes the colour of some vertices.",
            "Keep the given colours.",
        ),
        "coloring-edge": Code(
            "An edge joins two vertices of the same colour",
            "The finding names the edge and the colour.",
            "Recolour one of its ends.",
        ),
        "coloring-not-fewest": Code(
            "Fewer colours suffice",
            "The problem asks for as few colours as possible, and a search found a colouring with "
            "fewer.",
            "Use fewer colours.",
        ),
        "coloring-infeasible": Code(
            "There is no colouring",
            "All colourings with so many colours were searched.",
            "Allow more colours.",
        ),
        "coloring-undecided": Code(
            "A search was given up",
            "The graph is too large to decide in time how many colours it needs.",
            "Use a smaller graph, or do not ask for the fewest colours.",
        ),
        "coloring-problem": Code(
            "The problem is not a graph",
            "The DIMACS text cannot be read, an edge joins a vertex to itself, a name stands for "
            "two colours, or a cap is passed.",
            "Correct the problem as the finding says.",
        ),
        "coloring-hint": Code(
            "How the colouring could be repaired",
            "A search coloured the vertices in conflict anew, and the critics found no fault.",
            "Change the named vertices.",
        ),
    }
)

MAP = Example(
    name="map",
    problem={
        "edges": [["WA", "NT"], ["WA", "SA"], ["NT", "SA"], ["NT", "Q"], ["SA", "Q"]],
        "vertices": ["T"],
        "colors": ["red", "green", "blue"],
        "precolored": {"WA": "red"},
    },
    good=(
        '{"WA": "red", "NT": "green", "SA": "blue", "Q": "red", "T": "green"}',
        '{"T": "Red", "WA": "RED", "NT": "blue", "SA": "green", "Q": "red"}',
    ),
    bad={
        '{"WA": "red", "NT": "green", "SA": "green", "Q": "red", "T": "red"}': "coloring-edge",
        '{"WA": "red", "NT": "green", "SA": "blue", "Q": "red"}': "coloring-missing",
        '{"WA": "red", "NT": "green", "SA": "blue", "Q": "red", "T": "pink"}': "coloring-palette",
        '{"WA": "blue", "NT": "green", "SA": "red", "Q": "blue", "T": "red"}': (
            "coloring-precolored"
        ),
        '{"WA": "red", "NT": "green", "SA": "blue", "Q": "red", "T": "red", "V": "red"}': (
            "coloring-vertex"
        ),
        '{"WA": "red", "WA": "red", "NT": "green", "SA": "blue", "Q": "red", "T": "red"}': (
            "coloring-duplicate"
        ),
        '["red"]': "coloring-syntax",
        '{"WA": null}': "coloring-syntax",
    },
    responses={
        "My colouring:\n- WA: Red\n- **NT**: green\n- SA -> blue\n- Q is red\n- T: green": [
            '{"WA": "red", "NT": "green", "SA": "blue", "Q": "red", "T": "green"}'
        ],
        "Red: WA, Q\nGreen: NT, T\nBlue: SA": [
            '{"WA": "red", "Q": "red", "NT": "green", "T": "green", "SA": "blue"}'
        ],
        'So {"coloring": {"WA": "red"}}.': ['{"WA": "red"}'],
        "There is none.": [],
    },
)

CYCLE = Example(
    name="five-cycle",
    problem={
        "dimacs": "c a cycle of five\np edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n",
        "objective": "min",
    },
    good=('{"1": 1, "2": 2, "3": 1, "4": 2, "5": 3}',),
    bad={
        '{"1": 1, "2": 2, "3": 1, "4": 3, "5": 4}': "coloring-not-fewest",
        '{"1": 1, "2": 2, "3": 1, "4": 2, "5": 1}': "coloring-edge",
        '{"1": "a", "2": "b", "3": "A", "4": "b", "5": "a "}': "coloring-edge",
    },
)

TWO = Example(
    name="two-colours",
    problem={"edges": [[1, 2], [2, 3]], "colors": 2},
    good=('{"1": "sun", "2": "moon", "3": "sun"}',),
    bad={'{"1": "sun", "2": "moon", "3": "star"}': "coloring-count"},
)

COLORING_EXAMPLES = (MAP, CYCLE, TWO)
