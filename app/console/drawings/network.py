"""A graph with coloured vertices, on a circle."""

import math

from markupsafe import Markup

from app.console.drawings import svg
from critics.picture import Network

RADIUS_OF_NODE = 15.0
MOST_DRAWN = 80
COLORS = 12
"""Colours of the style sheet; further ones share them and differ by their label."""


def draw_network(shown: Network) -> Markup | None:
    """Draw a graph; nothing where it is too large to see anything."""
    count = len(shown.nodes)
    if not count or count > MOST_DRAWN:
        return None
    radius = max(60.0, count * 9.0)
    middle = radius + 2 * RADIUS_OF_NODE
    places = [
        (
            middle + radius * math.sin(2 * math.pi * place / count),
            middle - radius * math.cos(2 * math.pi * place / count),
        )
        for place in range(count)
    ]
    edges = [
        svg.line(
            *places[edge.one], *places[edge.other], "edge conflict" if edge.conflict else "edge"
        )
        for edge in shown.edges
        if edge.one < count and edge.other < count
    ]
    parts = [*sorted(edges, key=lambda edge: "conflict" in edge)]
    for (x, y), node in zip(places, shown.nodes, strict=True):
        kind = "none" if node.color is None else f"color{node.color % COLORS}"
        parts.append(
            svg.dot(x, y, RADIUS_OF_NODE, f"node {kind}", f"{node.name}: {node.label or 'none'}")
        )
        parts.append(svg.text(x, y + 4, node.name[:4], "label", "middle"))
    conflicts = sum(edge.conflict for edge in shown.edges)
    says = (
        f"{count} vertices, {len(shown.edges)} edges, {conflicts} with the same colour at both ends"
    )
    return svg.picture(2 * middle, 2 * middle, says, parts)
