"""The domain `calendar`: one time for one meeting of several people."""

from critics.arrangement import AnyOrder
from critics.domain import Domain
from critics.scheduling.calendar.answer import extract_slots, parse_slot
from critics.scheduling.calendar.codes import CALENDAR_CODES
from critics.scheduling.calendar.critics import CRITICS, share_of_rules
from critics.scheduling.calendar.enumeration import give_opinion
from critics.scheduling.calendar.examples import EXAMPLES
from critics.scheduling.calendar.generation import CALENDAR_GENERATION
from critics.scheduling.calendar.mutate import mutate
from critics.scheduling.calendar.picture import picture_slot
from critics.scheduling.calendar.problem import load_calendar
from critics.scheduling.calendar.prompt import ANSWER_FORMAT, write_answer_schema, write_prompt
from critics.scheduling.calendar.reasoning import (
    compare,
    compare_by,
    decide_feasible,
    find_answer,
    give_hint,
)
from critics.scheduling.calendar.schema import CalendarProblem
from critics.scheduling.prose.formalizers import CALENDAR

domain = Domain(
    name="calendar",
    version="1",
    summary="a time for a meeting: work hours, busy times, preferences, earliest start",
    problem=CalendarProblem,
    load=load_calendar,
    parse=parse_slot,
    critics=CRITICS,
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=extract_slots,
    score=share_of_rules,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("critics.scheduling.calendar",),
    feasibility=decide_feasible,
    solver=find_answer,
    optimality=compare,
    objective=compare_by,
    picture=picture_slot,
    arrangement=AnyOrder(("participants", "busy", "preferences")),
    hint=give_hint,
    answer_schema=write_answer_schema,
    formalization=CALENDAR,
    generation=CALENDAR_GENERATION,
    examples=EXAMPLES,
    codes=CALENDAR_CODES,
)
