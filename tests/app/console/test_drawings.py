"""Drawings: bounded, escaped, and true to what they are made of."""

from hypothesis import given
from hypothesis import strategies as st

from app.console.drawings import draw_rates, draw_scores, draw_timeline, draw_tree
from app.console.drawings.tree import MOST_NODES, read_nodes
from backprompt.tree.events import Choice, NodeExpanded, PathFound
from backprompt.tree.report import Growth
from critics.picture import Span, Timeline

HOSTILE = "<script>'\"&"


def expanded(node: int, parent: int | None, move: str, children: dict[str, int]) -> NodeExpanded:
    depth = 0 if parent is None else 1
    choices = tuple(Choice(node=n, move=m, h=None, prior=0.5) for m, n in children.items())
    return NodeExpanded(
        node=node,
        parent=parent,
        depth=depth,
        h=None,
        move=move,
        key=move,
        prior="uniform",
        goals=0,
        choices=choices,
    )


def path(*moves: str) -> PathFound:
    return PathFound(depth=len(moves), moves=moves, growth=Growth(nodes=2))


TRIED = [expanded(0, None, "", {"left": 1, HOSTILE: 2}), expanded(2, 0, HOSTILE, {"on": 3})]


def test_the_winning_path_is_marked_to_its_end():
    nodes = read_nodes(TRIED, path(HOSTILE, "on", "home"))
    assert {node.move for node in nodes.values() if node.won} == {"", HOSTILE, "on", "home"}
    drawn = str(draw_tree(TRIED, path(HOSTILE, "on", "home")))
    assert drawn.count("branch won") == 3
    assert "a path of 3 moves leads to the goal" in drawn
    assert "<script>" not in drawn


def test_without_a_path_nothing_has_won():
    drawn = str(draw_tree(TRIED, None))
    assert "no path to the goal" in drawn
    assert "won" not in drawn.split("aria-label")[1].split(">", 1)[1]
    assert draw_tree([], None) is None


@given(st.integers(1, 60), st.integers(1, 12))
def test_a_tree_stays_small(states, width):
    tried, made = [], 1
    for number in range(states):
        children = {f"{number} {place}": made + place for place in range(width)}
        tried.append(expanded(number, None, "", children))
        made += width
    assert str(draw_tree(tried, None)).count("<circle") <= MOST_NODES


def test_what_lies_beyond_the_axis_is_cut_off():
    wish = Span(row="Ann", start=0, end=900, label="wish", role="wish")
    shown = Timeline(unit="minute", start=540, end=1020, rows=("Ann",), spans=(wish,))
    inside = Timeline(
        unit="minute",
        start=540,
        end=1020,
        rows=("Ann",),
        spans=(wish.model_copy(update={"start": 540}),),
    )
    at = str(draw_timeline(shown)).split("<rect ")[1].split("class")[0]
    assert at == str(draw_timeline(inside)).split("<rect ")[1].split("class")[0]


def test_rates_and_scores_say_what_they_show():
    drawn = str(draw_rates([(HOSTILE, 0.5, 0.25, 0.75)]))
    assert "50%" in drawn
    assert "<script>" not in drawn
    assert draw_rates([]) is None
    assert draw_scores([]) is None
