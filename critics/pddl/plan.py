"""Reads a plan in its strict form: `(action object …)` lists, comments, and nothing else.

A text without any token is the empty plan. Prose is never an empty plan: every bare word is a
fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from critics.pddl.faults import MAX_FAULTS, count, list_some, shorten, suggest
from critics.pddl.formula import show_types
from critics.pddl.task import Action, Row, Task
from critics.sexpr import PDDL, Atom, Node, Sexpr, SexprError, Source, read
from critics.types import CandidateError, Diagnostic, Location, Severity

FORMAT_HELP = "write nothing but actions, one per line: `(name object …)`"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its 1-based number, its action, its folded arguments and where it stands."""

    number: int
    action: Action
    arguments: Row
    at: int
    end: int

    def __str__(self) -> str:
        """Write the step in canonical form."""
        return f"({' '.join((self.action.signature.name, *self.arguments))})"


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan whose every step names an action, with objects of the right number and types."""

    source: Source
    steps: tuple[Step, ...]

    def locate(self, step: Step, label: str | None = None) -> Location:
        """Point at a step in the model's own text."""
        place = self.source.locate(step.at, step.end, label)
        return place.model_copy(update={"step": step.number})


def parse_plan(task: Task, text: str) -> Plan:
    """Read a plan.

    Raises:
        CandidateError: With every fault of the text, of names, of arities and of types.
    """
    return _PlanReader(task, Source("answer", text)).read()


class _PlanReader:
    """Reads one plan and collects its faults; `number` is the step being read."""

    def __init__(self, task: Task, source: Source) -> None:
        self.task = task
        self.source = source
        self.number = 0
        self.faults: list[Diagnostic] = []
        self.dropped = 0

    def read(self) -> Plan:
        try:
            document = read(self.source, PDDL)
        except SexprError as error:
            raise CandidateError([_unreadable(fault) for fault in error.diagnostics]) from error
        steps = [self._read_item(item) for item in document.items]
        for offset in document.stray:
            self._keep(partial(self._malformed, "a `)` closes nothing", offset))
        if self.faults:
            raise CandidateError(self._all_faults())
        return Plan(self.source, tuple(step for step in steps if step is not None))

    def _read_item(self, item: Sexpr) -> Step | None:
        spelling = self.source.spelling
        if isinstance(item, Atom):
            self._keep(
                lambda: self._malformed(
                    f"`{shorten(spelling(item))}` stands outside parentheses", item.at, item.end
                )
            )
            return None
        self.number += 1
        if not item or any(isinstance(part, Node) for part in item):
            self._keep(
                lambda: self._malformed(
                    f"`{shorten(spelling(item))}` is not an action with its objects",
                    item.at,
                    item.end,
                )
            )
            return None
        return self._read_step(item)

    def _read_step(self, item: Node) -> Step | None:
        head, *arguments = (str(part) for part in item)
        action = self.task.actions.get(head)
        if action is None:
            self._check_supported(head, item)
            self._keep(lambda: self._unknown_action(head, item))
            return None
        if len(arguments) != action.signature.arity:
            self._keep(lambda: self._wrong_arity(action, item))
            return None
        fine = True
        for position, name in enumerate(arguments):
            types = action.signature.parameters[position].types
            if not self.task.vocabulary.belongs(name, types):
                fine = False
                self._keep(partial(self._wrong_argument, action, item[position + 1], position))
        return Step(self.number, action, tuple(arguments), item.at, item.end) if fine else None

    def _keep(self, make: Callable[[], Diagnostic]) -> None:
        """Keep a fault; beyond the cap it is only counted, and never worded."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(make())
        else:
            self.dropped += 1

    def _all_faults(self) -> list[Diagnostic]:
        if self.dropped:
            last = self.faults[-1]
            notes = (*last.notes, f"and {self.dropped:,} more faults in the answer")
            self.faults[-1] = last.model_copy(update={"notes": notes})
        return self.faults

    def _malformed(self, headline: str, at: int, end: int | None = None) -> Diagnostic:
        return Diagnostic(
            code="pddl-malformed-plan",
            headline=headline,
            at=self.source.locate(at, end),
            help=(FORMAT_HELP,),
        )

    def _fault(self, code: str, headline: str, item: Sexpr, *help_lines: str) -> Diagnostic:
        place = self.source.locate(item.at, item.end)
        return Diagnostic(
            code=code,
            headline=f"step {self.number}: {headline}",
            at=place.model_copy(update={"step": self.number}),
            help=help_lines,
            data={"step": self.number, "text": shorten(self.source.spelling(item), 200)},
        )

    def _check_supported(self, head: str, item: Node) -> None:
        if head in self.task.unsupported_actions:
            raise CandidateError(
                [
                    Diagnostic(
                        code="pddl-unsupported-action",
                        headline=f"`{head}` is an action of a kind that no critic decides",
                        at=self.source.locate(item.at, item.end),
                        help=("remove it from the domain, or use a validator that supports it",),
                        severity=Severity.UNKNOWN,
                    )
                ]
            )

    def _unknown_action(self, head: str, item: Node) -> Diagnostic:
        names = [action.name for action in self.task.actions.values()]
        return self._fault(
            "pddl-unknown-action",
            f"`{shorten(head)}` is not an action of the domain",
            item,
            *suggest(head, self.task.actions),
            f"actions: {list_some(names, 20)}",
        )

    def _wrong_arity(self, action: Action, item: Node) -> Diagnostic:
        return self._fault(
            "pddl-wrong-arity",
            f"`{action.name}` takes {count(action.signature.arity, 'argument')}, "
            f"got {len(item) - 1}: "
            f"`{shorten(self.source.spelling(item))}`",
            item,
            f"the action is `{action.signature}`",
        )

    def _wrong_argument(self, action: Action, item: Sexpr, position: int) -> Diagnostic:
        objects, name = self.task.objects, str(item)
        if name not in objects:
            return self._fault(
                "pddl-unknown-object",
                f"`{shorten(name)}` is not an object of the problem",
                item,
                *suggest(name, objects),
            )
        parameter = action.signature.parameters[position]
        expected = show_types(parameter.types)
        fitting = list_some(self.task.vocabulary.members(parameter.types), 10) or "none"
        return self._fault(
            "pddl-wrong-type",
            f"`{name}` is of type `{show_types(objects[name])}`; `{parameter.name}` of "
            f"`{action.name}` must be of type `{expected}`",
            item,
            f"objects of type `{expected}`: {fitting}",
        )


def _unreadable(fault: Diagnostic) -> Diagnostic:
    return fault.model_copy(
        update={"code": "pddl-malformed-plan", "help": (FORMAT_HELP, *fault.help)}
    )
