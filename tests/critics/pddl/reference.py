"""A second, naive validator: grounded, brute force, three-valued; it shares no code with ours.

It reads PDDL of the shape that `random_tasks` writes and nothing more, trusts it blindly, and is
slow. Its only purpose is to disagree with the real one.
"""

import itertools
import re
from fractions import Fraction

UNDEFINED = None


def parse(text):
    """Read one s-expression into nested lists."""
    stack = [[]]
    for part in re.findall(r"[()]|[^\s()]+", text):
        if part == "(":
            stack.append([])
        elif part == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(part)
    return stack[0]


def typed(items):
    """Give `[(name, type), …]`."""
    found, names = [], []
    items = list(items)
    while items:
        item = items.pop(0)
        if item == "-":
            kind = items.pop(0)
            found += [(name, kind) for name in names]
            names = []
        else:
            names.append(item)
    return found + [(name, "object") for name in names]


class NoOutcomeError(Exception):
    """An effect has no outcome."""


class Reference:
    """One task, and what becomes of a plan in it."""

    def __init__(self, domain, problem):
        domain, problem = parse(domain)[0], parse(problem)[0]
        self.above = dict(typed(self._section(domain, ":types")))
        self.objects = typed(self._section(domain, ":constants"))
        self.objects += typed(self._section(problem, ":objects"))
        self.actions = {}
        self.rules = []
        for section in domain[2:]:
            if section[0] == ":action":
                parts = dict(zip(section[2::2], section[3::2], strict=True))
                self.actions[section[1]] = parts
            elif section[0] == ":derived":
                self.rules.append((section[1][0], typed(section[1][1:]), section[2]))
        self.facts = set()
        self.numbers = {}
        for item in self._section(problem, ":init"):
            if item[0] == "=":
                self.numbers[tuple(item[1])] = Fraction(item[2])
            else:
                self.facts.add(tuple(item))
        self.goal = self._section(problem, ":goal")[0]

    @staticmethod
    def _section(whole, keyword):
        return [item for section in whole[2:] if section[0] == keyword for item in section[1:]]

    def of_type(self, wanted):
        """Give the objects of a type."""
        found = []
        for name, kind in self.objects:
            own = kind
            while own is not None and own != wanted:
                own = None if own == "object" else self.above.get(own, "object")
            if own == wanted:
                found.append(name)
        return found

    def bindings(self, variables):
        """Give every binding of a typed list."""
        names = [name for name, _ in variables]
        for row in itertools.product(*(self.of_type(kind) for _, kind in variables)):
            yield dict(zip(names, row, strict=True))

    def close(self, facts, numbers):
        """Add what the rules derive; rules stand in the order of their strata."""
        heads = list(dict.fromkeys(name for name, _, _ in self.rules))
        facts = set(facts)
        for head in heads:
            while True:
                new = {
                    (head, *(env[name] for name, _ in variables))
                    for name, variables, body in self.rules
                    if name == head
                    for env in self.bindings(variables)
                    if self.holds(body, env, facts, numbers) is True
                } - facts
                if not new:
                    break
                facts |= new
        return facts

    def value(self, expression, env, numbers):
        """Evaluate a number; `None` where it has none."""
        if isinstance(expression, str):
            return Fraction(expression)
        head, *rest = expression
        if head not in "+-*/":
            return numbers.get((head, *(env.get(term, term) for term in rest)))
        values = [self.value(part, env, numbers) for part in rest]
        if any(v is None for v in values):
            return None
        if len(values) == 1:
            return -values[0]
        total = values[0]
        for v in values[1:]:
            if head == "/" and v == 0:
                return None
            total = {"+": total + v, "-": total - v, "*": total * v, "/": v and total / v}[head]
        return total

    def holds(self, formula, env, facts, numbers):  # noqa: PLR0911  # one case per connective
        """Evaluate in Kleene's logic: true, false, or `None`."""
        if not formula:
            return True
        head, *rest = formula
        if head == "and":
            return self._all(self.holds(part, env, facts, numbers) for part in rest)
        if head == "or":
            return self._any(self.holds(part, env, facts, numbers) for part in rest)
        if head == "not":
            value = self.holds(rest[0], env, facts, numbers)
            return None if value is None else not value
        if head == "imply":
            return self.holds(["or", ["not", rest[0]], rest[1]], env, facts, numbers)
        if head in ("forall", "exists"):
            values = [
                self.holds(rest[1], env | more, facts, numbers)
                for more in self.bindings(typed(rest[0]))
            ]
            return self._all(values) if head == "forall" else self._any(values)
        if head in ("<", "<=", ">", ">=") or (head == "=" and self._is_number(rest)):
            left, right = (self.value(side, env, numbers) for side in rest)
            if left is None or right is None:
                return UNDEFINED
            return {
                "<": left < right,
                "<=": left <= right,
                ">": left > right,
                ">=": left >= right,
                "=": left == right,
            }[head]
        if head == "=":
            return env.get(rest[0], rest[0]) == env.get(rest[1], rest[1])
        return (head, *(env.get(term, term) for term in rest)) in facts

    @staticmethod
    def _is_number(sides):
        return any(isinstance(side, list) or side[0].isdigit() for side in sides)

    @staticmethod
    def _all(values):
        values = list(values)
        return False if False in values else UNDEFINED if UNDEFINED in values else True

    @staticmethod
    def _any(values):
        values = list(values)
        return True if True in values else UNDEFINED if UNDEFINED in values else False

    def collect(self, effect, env, facts, numbers, found, sure=True):  # noqa: C901, FBT002, PLR0917  # naive
        """Collect ground effects as `(operator, target, amount)`; `sure` may be undefined."""
        if not effect:
            return
        head, *rest = effect
        if head == "and":
            for part in rest:
                self.collect(part, env, facts, numbers, found, sure)
        elif head == "forall":
            for more in self.bindings(typed(rest[0])):
                self.collect(rest[1], env | more, facts, numbers, found, sure)
        elif head == "when":
            condition = self._all([sure, self.holds(rest[0], env, facts, numbers)])
            if condition is not False:
                self.collect(rest[1], env, facts, numbers, found, condition)
        elif sure is UNDEFINED:
            raise NoOutcomeError
        elif head in ("assign", "increase", "decrease", "scale-up", "scale-down"):
            target = tuple(env.get(term, term) for term in rest[0])
            amount = self.value(rest[1], env, numbers)
            if amount is None:
                raise NoOutcomeError
            found.append((head, target, amount))
        elif head == "not":
            found.append(("delete", tuple(env.get(term, term) for term in rest[0]), None))
        else:
            found.append(("add", tuple(env.get(term, term) for term in effect), None))

    def step(self, name, arguments, facts, numbers):
        """Give the next state, or `None` where the step cannot be executed."""
        action = self.actions[name]
        variables = typed(action[":parameters"])
        env = dict(zip((v for v, _ in variables), arguments, strict=True))
        closed = self.close(facts, numbers)
        if self.holds(action.get(":precondition", []), env, closed, numbers) is not True:
            return None
        found = []
        try:
            self.collect(action.get(":effect", []), env, closed, numbers, found)
            updated = self.update(found, numbers)
        except NoOutcomeError:
            return None
        added = {target for kind, target, _ in found if kind == "add"}
        deleted = {target for kind, target, _ in found if kind == "delete"}
        return (facts - deleted) | added, updated

    @staticmethod
    def update(found, numbers):
        """Apply the numeric effects of one step at once."""
        kinds = {"increase": "sum", "decrease": "sum", "scale-up": "scale", "scale-down": "scale"}
        groups = {}
        for kind, target, amount in found:
            if kind not in ("add", "delete"):
                groups.setdefault(target, []).append((kind, amount))
        updated = dict(numbers)
        for target, changes in groups.items():
            if len({kinds.get(kind, kind) for kind, _ in changes}) > 1:
                raise NoOutcomeError
            if changes[0][0] == "assign":
                if len({amount for _, amount in changes}) > 1:
                    raise NoOutcomeError
                updated[target] = changes[0][1]
                continue
            if target not in numbers:
                raise NoOutcomeError
            for kind, amount in changes:
                if kind == "scale-down" and amount == 0:
                    raise NoOutcomeError
                updated[target] = {
                    "increase": updated[target] + amount,
                    "decrease": updated[target] - amount,
                    "scale-up": updated[target] * amount,
                    "scale-down": amount and updated[target] / amount,
                }[kind]
        return updated

    def ground(self):
        """Give every step whose objects are of the right types."""
        for name, action in self.actions.items():
            kinds = [self.of_type(kind) for _, kind in typed(action[":parameters"])]
            for row in itertools.product(*kinds):
                yield name, row

    def judge(self, steps):
        """Give `accepted`, or the 1-based step that fails, or `goal`."""
        facts, numbers = self.facts, self.numbers
        for number, (name, arguments) in enumerate(steps, 1):
            after = self.step(name, arguments, facts, numbers)
            if after is None:
                return number
            facts, numbers = after
        closed = self.close(facts, numbers)
        return "accepted" if self.holds(self.goal, {}, closed, numbers) is True else "goal"
