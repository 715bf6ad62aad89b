"""The domain `meeting`: whom one can meet in a day across a city."""

from critics.arrangement import AnyOrder
from critics.domain import Domain
from critics.scheduling.meeting.answer import parse_itinerary
from critics.scheduling.meeting.codes import MEETING_CODES
from critics.scheduling.meeting.critics import CRITICS, share_of_people
from critics.scheduling.meeting.examples import EXAMPLES
from critics.scheduling.meeting.extract import extract_itineraries
from critics.scheduling.meeting.generation import MEETING_GENERATION
from critics.scheduling.meeting.mutate import mutate
from critics.scheduling.meeting.picture import picture_itinerary
from critics.scheduling.meeting.prefix import open_prefix
from critics.scheduling.meeting.problem import load_day
from critics.scheduling.meeting.prompt import ANSWER_FORMAT, write_answer_schema, write_prompt
from critics.scheduling.meeting.reasoning import (
    compare,
    compare_by,
    decide_feasible,
    find_answer,
    give_hint,
)
from critics.scheduling.meeting.schema import MeetingProblem
from critics.scheduling.meeting.timetable import give_opinion
from critics.scheduling.prose.formalizers import MEETING

domain = Domain(
    name="meeting",
    version="1",
    summary="a day of meetings across a city: people's times, ways, as many as possible",
    problem=MeetingProblem,
    load=load_day,
    parse=parse_itinerary,
    critics=CRITICS,
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=extract_itineraries,
    score=share_of_people,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("critics.scheduling.meeting",),
    feasibility=decide_feasible,
    solver=find_answer,
    optimality=compare,
    objective=compare_by,
    picture=picture_itinerary,
    arrangement=AnyOrder(("people", "travel")),
    hint=give_hint,
    prefix=open_prefix,
    answer_schema=write_answer_schema,
    formalization=MEETING,
    generation=MEETING_GENERATION,
    examples=EXAMPLES,
    codes=MEETING_CODES,
)
