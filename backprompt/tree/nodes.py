"""nodes: the tree of verified prefixes, and which of its leaves is tried next.

Invariants:
    * No state is in the tree twice, so no path has a loop.
    * What is tried next depends on nothing but what was added, in which order.
"""

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import log, sqrt

from backprompt.tree.options import Policy

DIVE = 30
"""Moves that one path is followed for, where there is no estimate."""
EXPLORE = 1.0
"""Weight of what is not known yet, in `puct`."""
LEAST = 1e-6


@dataclass(slots=True)
class Node:
    """A verified prefix.

    Attributes:
        number: Its place in the order of adding; the root is 0.
        parent: The prefix that is one move shorter.
        move: That move.
        key: Its state's name.
        h: The estimated distance from a goal.
        prior: How probable its move was, by the model or by chance.
        options: Between how many moves that was chosen.
        modelled: Whether a model has chosen.
        depth: How many moves it has.
        log_prior: Sum of the logarithms of the priors on the way.
    """

    number: int
    parent: "Node | None"
    move: str
    key: str
    h: float | None
    prior: float = 1.0
    options: int = 1
    modelled: bool = False
    depth: int = 0
    log_prior: float = 0.0
    visits: int = 0
    value: float = 0.0
    children: list["Node"] = field(default_factory=list)
    open: bool = True

    @property
    def path(self) -> tuple["Node", ...]:
        """The nodes from the first move to this one."""
        found: list[Node] = []
        node: Node | None = self
        while node is not None and node.parent is not None:
            found.append(node)
            node = node.parent
        return tuple(reversed(found))

    @property
    def moves(self) -> tuple[str, ...]:
        """The moves from the start."""
        return tuple(node.move for node in self.path)


class Tree:
    """Verified prefixes, with those that are still to be tried."""

    def __init__(self, key: str, h: float | None, policy: Policy) -> None:
        """Start with the empty prefix."""
        self.root = Node(0, None, "", key, h)
        self.size = 1
        self._policy = policy
        self._keys = {key}
        self._heap: list[tuple[float, float, int, int, Node]] = []
        self._dive: list[Node] = []
        self._steps = 0
        self._push(self.root)

    def knows(self, key: str) -> bool:
        """Say whether a state is in the tree."""
        return key in self._keys

    def add(
        self,
        parent: Node,
        move: str,
        key: str,
        h: float | None,
        *,
        prior: float,
        options: int,
        modelled: bool,
    ) -> Node:
        """Add a prefix of a state that is not in the tree yet."""
        log_prior = parent.log_prior + log(max(prior, LEAST))
        node = Node(
            self.size, parent, move, key, h, prior, options, modelled, parent.depth + 1, log_prior
        )
        self.size += 1
        self._keys.add(key)
        parent.children.append(node)
        self._push(node)
        return node

    def take(self, count: int) -> list[Node]:
        """Take the prefixes that are tried next."""
        found: list[Node] = []
        count = 1 if self._policy is Policy.PUCT else count  # its bounds change with every state
        while len(found) < count and (node := self._next()) is not None:
            node.open = False
            found.append(node)
        return found

    def closed(self, node: Node) -> None:
        """Take in that a prefix was tried and its children were added."""
        best = min((c.h for c in node.children if c.h is not None), default=None)
        value = 0.0 if best is None else 1 / (1 + best)
        place: Node | None = node
        while place is not None:
            place.visits += 1
            place.value += value
            place = place.parent
        if node.h is None:  # one path at a time: its likeliest child comes next
            self._steps += 1
            self._dive = sorted(node.children, key=lambda child: (child.prior, -child.number))
            if self._steps >= DIVE:
                self._steps, self._dive = 0, []

    def _push(self, node: Node) -> None:
        rank = (-node.log_prior, 0.0) if node.h is None else (node.h, -node.prior)
        heappush(self._heap, (*rank, node.depth, node.number, node))

    def _next(self) -> Node | None:
        if self._policy is Policy.PUCT:
            return self._select()
        while self._dive:
            node = self._dive.pop()
            if node.open:
                self._dive = []
                return node
        self._steps = 0
        while self._heap:
            node = heappop(self._heap)[-1]
            if node.open:
                return node
        return None

    def _select(self) -> Node | None:
        """Go down from the root to the leaf with the best bound (PUCT, Silver et al. 2017)."""
        node = self.root
        while not node.open:
            live = [child for child in node.children if child.open or child.children]
            if live:
                node = max(live, key=lambda child: (_bound(child), -child.number))
            elif node.parent is None:
                return None
            else:  # nothing is open below: leave the branch for good
                node.parent.children.remove(node)
                node = self.root
        return node

    def forget_priors(self) -> None:
        """Order what is still to be tried as if no model had been asked."""
        nodes = [entry[-1] for entry in self._heap if entry[-1].open]
        self._heap = []
        for node in nodes:
            node.prior = 1 / max(node.options, 1)
            node.log_prior = 0.0
            rank = (0.0, 0.0) if node.h is None else (node.h, 0.0)
            self._heap.append((*rank, node.depth, node.number, node))
        heapify(self._heap)


def _bound(node: Node) -> float:
    parent = node.parent.visits if node.parent else 1
    guess = 0.0 if node.h is None else 1 / (1 + node.h)
    mean = node.value / node.visits if node.visits else guess
    return mean + EXPLORE * node.prior * sqrt(parent) / (1 + node.visits)
