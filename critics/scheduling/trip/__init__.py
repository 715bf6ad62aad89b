"""The domain `trip`: in which order to visit cities by direct flights."""

from critics.arrangement import AnyOrder
from critics.domain import Domain
from critics.scheduling.prose.formalizers import TRIP
from critics.scheduling.trip.answer import parse_itinerary
from critics.scheduling.trip.codes import TRIP_CODES
from critics.scheduling.trip.critics import CRITICS, share_of_facts
from critics.scheduling.trip.examples import EXAMPLES
from critics.scheduling.trip.extract import extract_itineraries
from critics.scheduling.trip.generation import TRIP_GENERATION
from critics.scheduling.trip.mutate import mutate
from critics.scheduling.trip.picture import picture_itinerary
from critics.scheduling.trip.prefix import open_prefix
from critics.scheduling.trip.presence import give_opinion
from critics.scheduling.trip.problem import find_warnings, load_trip
from critics.scheduling.trip.prompt import ANSWER_FORMAT, write_answer_schema, write_prompt
from critics.scheduling.trip.reasoning import decide_feasible, find_answer, give_hint
from critics.scheduling.trip.schema import TripProblem

domain = Domain(
    name="trip",
    version="1",
    summary="a trip through cities by direct flights: days, events' windows, one-way flights",
    problem=TripProblem,
    load=load_trip,
    parse=parse_itinerary,
    critics=CRITICS,
    prompt=write_prompt,
    answer_format=ANSWER_FORMAT,
    extract=extract_itineraries,
    warnings=find_warnings,
    score=share_of_facts,
    mutate=mutate,
    second_opinion=give_opinion,
    opinion_modules=("critics.scheduling.trip",),
    feasibility=decide_feasible,
    solver=find_answer,
    hint=give_hint,
    prefix=open_prefix,
    answer_schema=write_answer_schema,
    picture=picture_itinerary,
    arrangement=AnyOrder(("cities", "windows", "edges")),
    formalization=TRIP,
    generation=TRIP_GENERATION,
    examples=EXAMPLES,
    codes=TRIP_CODES,
)
