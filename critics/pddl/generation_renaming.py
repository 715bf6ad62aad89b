"""The same planning task under names that mean nothing, in another order ("mystery").

Texts are changed in place: names are exchanged, and facts, conjuncts, actions and declarations
change places. Whatever else stands there stays.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from critics.generation import Payload
from critics.pddl.engine import Texts
from critics.pddl.problem_reader import read_task
from critics.pddl.task import Task
from critics.sexpr import PDDL, Atom, Node, Sexpr, Source, read

KEPT = frozenset(
    {
        *("define", "domain", "problem", "object", "number", "either", "total-cost", "total-time"),
        *("and", "or", "not", "imply", "forall", "exists", "when", "minimize", "maximize"),
        *("assign", "increase", "decrease", "scale-up", "scale-down", "undefined"),
        *("=", "<", ">", "<=", ">=", "+", "-", "*", "/"),
    }
)
"""Words of the language; a name that is spelt like one keeps its own."""
WORDS = (
    *("amber", "anchor", "apron", "arrow", "atlas", "badge", "bamboo", "banjo", "barrel", "basil"),
    *("beacon", "birch", "bishop", "bonnet", "breeze", "bridle", "bucket", "button", "cactus"),
    *("camel", "canyon", "carpet", "cedar", "chalk", "cherry", "cider", "clover", "cobalt"),
    *("comet", "copper", "coral", "cradle", "crane", "cricket", "dagger", "daisy", "dune", "eagle"),
    *("ember", "fable", "falcon", "fern", "ferret", "fiddle", "flint", "forge", "gander", "garlic"),
    *("ginger", "glacier", "goblet", "granite", "grove", "harp", "hazel", "heron", "hinge"),
    *("honey", "igloo", "indigo", "ivory", "jasper", "kettle", "lagoon", "lantern", "lemon"),
    *("lilac", "linen", "lobster", "lotus", "magnet", "mango", "maple", "marble", "meadow"),
    *("mint", "moss", "nectar", "nutmeg", "oasis", "olive", "onyx", "opal", "orchid", "otter"),
    *("paddle", "parrot", "pebble", "pepper", "pigeon", "plum", "poppy", "prism", "quartz"),
    *("rabbit", "radish", "raven", "ribbon", "robin", "saddle", "salmon", "satin", "shadow"),
    *("silver", "sparrow", "spruce", "sunset", "teapot", "thistle", "thunder", "tulip", "turnip"),
    *("velvet", "walnut", "willow", "winter", "yarrow", "zephyr"),
)


def rename(chance: random.Random, payload: Texts) -> Payload:
    """Put other names and another order into both texts.

    Raises:
        ProblemError: The task cannot be read.
    """
    task = read_task(payload.domain, payload.problem)
    domain, problem = (_mix(chance, text) for text in (payload.domain, payload.problem))
    names = _draw_names(chance, _names(task, (*_tree(domain), *_tree(problem))))
    return {"domain": _replace(domain, names), "problem": _replace(problem, names)}


def _names(task: Task, trees: Sequence[Sexpr]) -> list[str]:
    words = task.vocabulary
    declared = [*words.predicates, *words.functions, *words.parents, *task.actions, *words.objects]
    declared += [*task.unsupported_actions, task.name, *_domain_names(trees)]
    known = dict.fromkeys(declared)
    return [name for name in known if name not in KEPT and not name.startswith(":")]


def _domain_names(trees: Iterable[Sexpr]) -> Iterator[str]:
    for tree in trees:
        for part in tree if isinstance(tree, Node) else ():
            if isinstance(part, Node) and part[:1] in (["domain"], [":domain"]):
                yield from (str(name) for name in part[1:] if isinstance(name, Atom))


def _draw_names(chance: random.Random, names: Sequence[str]) -> Mapping[str, str]:
    words = [word for word in WORDS if word not in KEPT]
    chance.shuffle(words)
    more = len(names) - len(words)
    words += [f"{words[place % len(words)]}{place // len(words) + 2}" for place in range(more)]
    return dict(zip(names, words, strict=False))


def _replace(text: str, names: Mapping[str, str]) -> str:
    """Exchange names; variables are numbered in each scope."""
    kept, at = [], 0
    for tree in _tree(text):
        variables: dict[str, str] = {}
        for atom in _atoms(tree):
            if atom.startswith(":"):
                new = str(atom)
                variables = {} if atom in (":action", ":derived") else variables
            elif atom.startswith("?"):
                new = variables.setdefault(atom, f"?x{len(variables) + 1}")
            else:
                new = names.get(atom, text[atom.at : atom.end])
            kept += [text[at : atom.at], new]
            at = atom.end
    return "".join(kept) + text[at:]


def _atoms(item: Sexpr) -> Iterator[Atom]:
    pending = [item]
    while pending:
        found = pending.pop()
        if isinstance(found, Node):
            pending += reversed(found)
        else:
            yield found


def _mix(chance: random.Random, text: str) -> str:
    """Let parts change places whose order says nothing, the innermost first."""
    for find in (_inner_parts, _outer_parts):
        groups = [group for tree in _tree(text) for group in find(tree)]
        pairs = [
            pair
            for group in groups
            for pair in zip(group, chance.sample(group, len(group)), strict=True)
        ]
        kept, at = [], 0
        for part, other in sorted(pairs, key=lambda pair: pair[0].at):
            kept += [text[at : part.at], text[other.at : other.end]]
            at = part.end
        text = "".join(kept) + text[at:]
    return text


def _inner_parts(tree: Sexpr) -> Iterator[Sequence[Sexpr]]:
    """Give initial facts, declarations, objects, and conjuncts that hold no conjunction."""
    pending = [tree]
    while pending:
        found = pending.pop()
        if not isinstance(found, Node) or not found:
            continue
        head, rest = found[0], found[1:]
        if head in (":init", ":predicates", ":functions"):
            # A type may follow a function.
            yield [] if "-" in rest else rest
        elif head == ":objects":
            yield from _runs(rest)
        elif head == "and" and not any("and" in list(_atoms(part)) for part in rest):
            yield rest
        else:
            pending += found


def _runs(items: Sequence[Sexpr]) -> Iterator[Sequence[Sexpr]]:
    """Give the names between two types of a typed list."""
    run: list[Sexpr] = []
    typed = False
    for item in items:
        if item == "-":
            yield run
            run, typed = [], True
        elif typed:
            typed = False
        else:
            run.append(item)
    yield run


def _outer_parts(tree: Sexpr) -> Iterator[Sequence[Sexpr]]:
    """Give the actions of a domain."""
    if isinstance(tree, Node):
        yield [part for part in tree if isinstance(part, Node) and part[:1] == [":action"]]


def _tree(text: str) -> Sequence[Sexpr]:
    return read(Source("problem", text), PDDL).items
