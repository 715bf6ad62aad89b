"""A text, the problem it says, and a model that formalises and solves by script."""

import json
from collections.abc import Callable, Sequence

from backprompt.upstream import Request, ScriptedUpstream

TEXT = (
    "Ann and Bob want to meet on Monday for 30 minutes, between 9:00 and 12:00. "
    "Ann is busy from 9:00 to 10:30."
)
PROBLEM = {
    "participants": ["Ann", "Bob"],
    "days": ["Monday"],
    "duration_min": 30,
    "work_hours": ["09:00", "12:00"],
    "busy": [{"person": "Ann", "day": "Monday", "start": "09:00", "end": "10:30"}],
}
RIGHT = '{"day": "Monday", "start": "10:30", "end": "11:00"}'
WRONG = '{"day": "Monday", "start": "9:30", "end": "10:00"}'
EXACT = (
    "You need to schedule a meeting for Ann and Bob for half an hour between the work hours of "
    "9:00 to 12:00 on Monday.\n"
    "Here are the existing schedules for everyone during the day:\n"
    "Ann has meetings on Monday during 9:00 to 10:30;\n"
    "Bob is free the entire day.\n"
    "Find a time that works for everyone's schedule and constraints."
)


def said(problem: dict | None = None, *missing: str) -> str:
    """Write what a model answers when it formalises."""
    asked = [{"field": field, "question": f"And {field}?"} for field in missing]
    return json.dumps({"problem": PROBLEM if problem is None else problem, "missing": asked})


def formalises(request: Request) -> bool:
    """Say whether a call asks for a formal problem."""
    return request.messages[0].content.startswith("Put the text below into a formal problem")


class Model:
    """Formalises and solves by script, the last line of each for ever, and keeps what it saw."""

    def __init__(self, formal: Sequence[str] = (), answers: Sequence[str] = (RIGHT,)) -> None:
        self.formal, self.answers = list(formal), list(answers)
        self.seen: list[Request] = []
        self.upstream = ScriptedUpstream(self._respond)

    @property
    def formalised(self) -> int:
        """How often it was asked for a formal problem."""
        return sum(map(formalises, self.seen))

    def _respond(self, request: Request) -> str:
        self.seen.append(request)
        line = self.formal if formalises(request) else self.answers
        same: Callable[[Request], bool] = formalises
        count = sum(same(seen) == same(request) for seen in self.seen)
        return line[min(count, len(line)) - 1]
