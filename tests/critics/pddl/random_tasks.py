"""Writes small random PDDL tasks over all supported fragments, and plans for them."""

from itertools import product
from random import Random

from tests.critics.pddl.reference import Reference

TYPES = ("object", "a", "b", "c")
"""`c` is below `a`; `a` and `b` are below `object`."""
ABOVE = {"a": "object", "b": "object", "c": "a", "object": None}
PREDICATES = {
    "p0": (),
    "p1": ("a",),
    "p2": ("object", "a"),
    "p3": ("b",),
    "q": ("object", "object"),
}
DERIVED = {"d0": ("object",), "d1": ("a",), "d2": ()}
FUNCTIONS = {"f0": (), "f1": ("object",), "f2": ("a",)}
LONG = 10**1_000
"""From here on numbers are not written out."""
NUMBERS = ("0", "1", "2", "0.5", "3", "0.1")


def is_below(kind, other):
    """Say whether a type is another or below it."""
    while kind is not None and kind != other:
        kind = ABOVE[kind]
    return kind == other


class Writer:
    """Writes one task; every choice comes from the given random source."""

    def __init__(self, random):
        self.random = random
        count = random.randint(2, 4)
        self.objects = [(f"o{i}", random.choice(TYPES)) for i in range(count)]
        self.constants = [("k", random.choice(TYPES))] if random.random() < 0.5 else []
        self.init = list(self.facts())

    def term(self, wanted, scope, *, constants=True):
        """Choose a term that could be of a type; `None` if there is none."""
        known = list(scope) + (self.constants if constants else [])
        fits = [
            name
            for name, kind in known
            if (is_below(kind, wanted) or (name.startswith("?") and is_below(wanted, kind)))
        ]
        return self.random.choice(fits) if fits else None

    def atom(self, signatures, scope):
        """Write an atom, or `()` where no terms fit."""
        name = self.random.choice(list(signatures))
        terms = [self.term(kind, scope) for kind in signatures[name]]
        return "()" if None in terms else f"({' '.join((name, *terms))})"

    def number(self, scope, depth=1):
        """Write a numeric expression."""
        if depth and self.random.random() < 0.4:
            operator = self.random.choice("+-*/")
            parts = [self.number(scope, depth - 1) for _ in range(2)]
            return f"({operator} {' '.join(parts)})"
        fluent = self.atom(FUNCTIONS, scope) if self.random.random() < 0.6 else "()"
        return self.random.choice(NUMBERS) if fluent == "()" else fluent

    def variables(self):
        """Write one or two quantified variables; they may shadow."""
        found = []
        for _ in range(self.random.randint(1, 2)):
            name = self.random.choice(("?v", "?w", "?x"))
            if name not in dict(found):
                found.append((name, self.random.choice(TYPES)))
        return found

    def formula(self, scope, depth, signatures, *, numeric=True):
        """Write a condition."""
        choice = self.random.random()
        if depth == 0 or choice < 0.3:
            return self.literal(scope, signatures, numeric=numeric)
        if choice < 0.75:
            head = self.random.choice(("and", "or", "imply", "not"))
            size = {"imply": 2, "not": 1}.get(head, self.random.randint(0, 3))
            parts = [
                self.formula(scope, depth - 1, signatures, numeric=numeric) for _ in range(size)
            ]
            return f"({' '.join((head, *parts))})"
        head = self.random.choice(("forall", "exists"))
        bound = self.variables()
        inner = [entry for entry in scope if entry[0] not in dict(bound)] + bound
        listed = " ".join(f"{name} - {kind}" for name, kind in bound)
        part = self.formula(inner, depth - 1, signatures, numeric=numeric)
        return f"({head} ({listed}) {part})"

    def literal(self, scope, signatures, *, numeric):
        """Write an atom, an equality or a comparison."""
        choice = self.random.random()
        if numeric and choice < 0.2:
            operator = self.random.choice(("<", "<=", ">", ">=", "="))
            return f"({operator} {self.number(scope)} {self.number(scope)})"
        if choice < 0.35:
            left, right = self.term("object", scope), self.term("object", scope)
            return "(and)" if left is None else f"(= {left} {right})"
        atom = self.atom(signatures, scope)
        return f"(not {atom})" if choice > 0.75 and atom != "()" else atom

    def effect(self, scope, depth):
        """Write an effect."""
        choice = self.random.random()
        if depth and choice < 0.35:
            parts = [self.effect(scope, depth - 1) for _ in range(self.random.randint(0, 3))]
            return f"({' '.join(('and', *parts))})"
        if depth and choice < 0.5:
            bound = self.variables()
            inner = [entry for entry in scope if entry[0] not in dict(bound)] + bound
            listed = " ".join(f"{name} - {kind}" for name, kind in bound)
            return f"(forall ({listed}) {self.effect(inner, depth - 1)})"
        if depth and choice < 0.65:
            condition = self.formula(scope, 1, PREDICATES | DERIVED)
            return f"(when {condition} {self.effect(scope, depth - 1)})"
        if choice < 0.75:
            target = self.atom(FUNCTIONS, scope)
            kinds = ("assign", "increase", "decrease", "scale-up", "scale-down")
            operator = self.random.choice(kinds)
            return "()" if target == "()" else f"({operator} {target} {self.number(scope)})"
        atom = self.atom(PREDICATES, scope)
        return f"(not {atom})" if choice > 0.9 and atom != "()" else atom

    def rules(self):
        """Write stratified rules; `d1` may negate `d0`, `d2` both."""
        one, two = [("?x", "object")], [("?x", "object"), ("?y", "object")]
        base = self.formula(one, 2, PREDICATES, numeric=False)
        yield f"(:derived (d0 ?x - object) {base})"
        if self.random.random() < 0.7:
            more = self.formula(two, 1, PREDICATES, numeric=False)
            step = f"(exists (?y - object) (and (q ?x ?y) (d0 ?y) {more}))"
            yield f"(:derived (d0 ?x - object) {step})"
        if self.random.random() < 0.3:
            yield "(:derived (d0 ?x - object) (forall (?y - object) (imply (q ?x ?y) (d0 ?y))))"
        lower = PREDICATES | {"d0": DERIVED["d0"]}
        yield f"(:derived (d1 ?x - a) {self.formula([('?x', 'a')], 2, lower, numeric=False)})"
        lower |= {"d1": DERIVED["d1"]}
        yield f"(:derived (d2) {self.formula([], 2, lower, numeric=False)})"

    def action(self, name):
        """Write an action."""
        count = self.random.randint(0, 2)
        scope = [(f"?{letter}", self.random.choice(TYPES)) for letter in "xy"[:count]]
        listed = " ".join(f"{v} - {kind}" for v, kind in scope)
        return (
            f"(:action {name} :parameters ({listed})\n"
            f" :precondition {self.formula(scope, 2, PREDICATES | DERIVED)}\n"
            f" :effect {self.effect(scope, 3)})"
        )

    def domain(self):
        """Write the domain."""
        declared = "\n".join(
            f"({' '.join((name, *(f'?{i} - {kind}' for i, kind in enumerate(kinds))))})"
            for name, kinds in (PREDICATES | DERIVED).items()
        )
        functions = "\n".join(
            f"({' '.join((name, *(f'?{i} - {kind}' for i, kind in enumerate(kinds))))})"
            for name, kinds in FUNCTIONS.items()
        )
        constants = " ".join(f"{name} - {kind}" for name, kind in self.constants)
        actions = "\n".join(self.action(f"act{i}") for i in range(self.random.randint(1, 3)))
        rules = "\n".join(self.rules())
        return (
            "(define (domain r) (:requirements :adl :fluents :derived-predicates)\n"
            f"(:types a b - object c - a)\n(:constants {constants})\n"
            f"(:predicates {declared})\n(:functions {functions})\n{rules}\n{actions})"
        )

    def rows(self, signatures):
        """Give every ground atom of the right types."""
        known = self.objects + self.constants
        for name, kinds in signatures.items():
            fits = [[o for o, own in known if is_below(own, kind)] for kind in kinds]
            yield from ((name, *row) for row in product(*fits))

    def facts(self):
        """Write random facts and values of the right types."""
        for row in self.rows(PREDICATES):
            if self.random.random() < 0.5:
                yield f"({' '.join(row)})"
        for row in self.rows(FUNCTIONS):
            if self.random.random() < 0.75:
                yield f"(= ({' '.join(row)}) {self.random.choice(NUMBERS)})"

    def snapshot(self, facts, numbers):
        """Write the goal that describes one state in full, now and then with one mistake."""
        wrong = self.random.random() < 0.3
        rows = list(self.rows(PREDICATES | DERIVED))
        flipped = self.random.choice(rows) if wrong and self.random.random() < 0.7 else None
        shift = self.random.choice(sorted(numbers) or [None]) if wrong and not flipped else None
        parts = []
        for row in rows:
            atom = f"({' '.join(row)})"
            parts.append(atom if (row in facts) != (row == flipped) else f"(not {atom})")
        for row in self.rows(FUNCTIONS):
            if row not in numbers:
                continue
            value = numbers[row]
            exact = f"(/ {value.numerator} {value.denominator})"
            parts.append(f"(= ({' '.join(row)}) (+ {exact} {int(row == shift)}))")
        return f"(and {' '.join(parts)})"

    def problem(self, goal):
        """Write the problem."""
        objects = " ".join(f"{name} - {kind}" for name, kind in self.objects)
        return (
            f"(define (problem s) (:domain r)\n(:objects {objects})\n"
            f"(:init {' '.join(self.init)})\n(:goal {goal}))"
        )


def write_task(seed):
    """Write a domain, a problem and a plan whose steps are mostly executable."""
    random = Random(seed)  # noqa: S311  # nothing secret
    writer = Writer(random)
    domain, problem = writer.domain(), writer.problem("()")
    reference = Reference(domain, problem)
    steps = []
    facts, numbers = reference.facts, reference.numbers
    ground = list(reference.ground())
    for _ in range(random.randint(0, 5) if ground else 0):
        choices = random.sample(ground, min(len(ground), 6))
        following = [(s, reference.step(*s, facts, numbers)) for s in choices]
        fine = [(s, after) for s, after in following if after is not None]
        if not fine or random.random() < 0.1:
            steps.append(choices[0])
            after = following[0][1]
        else:
            step, after = random.choice(fine)
            steps.append(step)
        if after is None:
            break
        facts, numbers = after
    short = all(abs(n.numerator) < LONG > n.denominator for n in numbers.values())
    if short and random.random() < 0.6:
        goal = writer.snapshot(reference.close(facts, numbers), numbers)
    else:
        goal = writer.formula(writer.objects, 2, PREDICATES | DERIVED)
    problem = writer.problem(goal)
    return domain, problem, Reference(domain, problem), steps
