"""Orders derived predicates: which depend on which, and whether negation is stratified.

Fox and Hoffmann's PDDL 2.2 asks that no derived predicate depends on its own negation, seen in
the negation normal form of the rules' bodies.
"""

from collections.abc import Iterable, Iterator, Mapping

from critics.pddl.formula import Holds, Not, walk
from critics.pddl.task import Rule

Graph = Mapping[str, Iterable[str]]


def find_dependencies(rules: Iterable[Rule]) -> tuple[dict[str, list[str]], set[tuple[str, str]]]:
    """Find what each derived predicate depends on, and which dependencies are negative."""
    rules = list(rules)
    derived = {rule.head.predicate for rule in rules}
    edges: dict[str, dict[str, None]] = {name: {} for name in sorted(derived)}
    negative: set[tuple[str, str]] = set()
    for rule in rules:
        head = rule.head.predicate
        for part in walk(rule.body):
            if isinstance(part, Holds) and part.predicate in derived:
                edges[head][part.predicate] = None
            elif isinstance(part, Not) and isinstance(part.part, Holds):
                negative.add((head, part.part.predicate))
    return {name: list(below) for name, below in edges.items()}, negative


def find_components(graph: Graph) -> list[tuple[str, ...]]:
    """Give the strongly connected components, each after all that it depends on."""
    finished = _finish_order(graph)
    backward: dict[str, dict[str, None]] = {name: {} for name in graph}
    for name, below in graph.items():
        for other in below:
            backward[other][name] = None
    seen: set[str] = set()
    components = [
        tuple(sorted(_reach(root, backward, seen)))
        for root in reversed(finished)
        if root not in seen
    ]
    return components[::-1]


def _finish_order(graph: Graph) -> list[str]:
    finished: list[str] = []
    seen: set[str] = set()
    for root in graph:
        stack: list[tuple[str, Iterator[str]]] = []
        if root not in seen:
            seen.add(root)
            stack.append((root, iter(graph[root])))
        while stack:
            name, rest = stack[-1]
            for other in rest:
                if other not in seen:
                    seen.add(other)
                    stack.append((other, iter(graph[other])))
                    break
            else:
                stack.pop()
                finished.append(name)
    return finished


def _reach(root: str, graph: Graph, seen: set[str]) -> list[str]:
    seen.add(root)
    found, pending = [], [root]
    while pending:
        name = pending.pop()
        found.append(name)
        for other in graph[name]:
            if other not in seen:
                seen.add(other)
                pending.append(other)
    return found


def find_unstratified(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Give the pairs of derived predicates of which one depends on its own negation."""
    graph, negative = find_dependencies(rules)
    component = {
        name: number for number, names in enumerate(find_components(graph)) for name in names
    }
    return sorted(
        (head, below)
        for head, below in negative
        if below in component and component[head] == component[below]
    )
