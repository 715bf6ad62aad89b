"""A coloured graph, for whoever wants to look at it."""

from critics.picture import MOST_EDGES, MOST_NODES, Edge, Network, Node
from critics.puzzles.coloring_critics import Coloring
from critics.puzzles.coloring_problem import Graph


def picture_coloring(graph: Graph, answer: Coloring) -> Network:
    """Show the vertices with their colours, and every edge whose ends have the same one."""
    numbers = {color: place for place, color in enumerate(dict.fromkeys(answer.colors.values()))}
    colors = [answer.colors.get(name) for name in graph.vertices[:MOST_NODES]]
    nodes = [
        Node(
            name=name,
            color=None if color is None else numbers[color],
            label="" if color is None else answer.shown[color],
        )
        for name, color in zip(graph.vertices, colors, strict=False)
    ]
    shown = [(a, b) for a, b in graph.edges if a < MOST_NODES and b < MOST_NODES]
    edges = [
        Edge(one=a, other=b, conflict=colors[a] is not None and colors[a] == colors[b])
        for a, b in shown[:MOST_EDGES]
    ]
    return Network(nodes=tuple(nodes), edges=tuple(edges))
