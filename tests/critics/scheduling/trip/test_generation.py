"""Made trips: the first order, and repairs that keep the first cities."""

import json
from itertools import permutations

from critics.scheduling.trip import domain
from critics.scheduling.trip.answer import write_stays
from critics.scheduling.trip.examples import NORTH
from critics.scheduling.trip.generation import answer, identify, repair
from critics.scheduling.trip.problem import load_trip
from critics.scheduling.trip.search import date_stays
from tests.critics.generated import accepts, make


def test_the_answer_is_the_first_possible_order() -> None:
    for seed in range(10):
        payload = make(domain, "possible", 2, seed)
        trip = load_trip(domain.problem.model_validate(payload))  # type: ignore[arg-type]  # the domain's own problem
        orders = (date_stays(trip, order) for order in permutations(trip.cities))
        texts = (write_stays([(v.city, v.first, v.last) for v in stays]) for stays in orders)
        assert answer(payload) == next(text for text in texts if accepts(domain, payload, text))


def test_a_repair_keeps_the_first_cities() -> None:
    free = {"total_days": 4, "cities": {"A": 2, "B": 2, "C": 2}}
    ways = [{"from": a, "to": b} for a, b in ("AB", "BC", "AC")]
    found = repair({**free, "edges": ways}, write_stays([("C", 1, 3), ("A", 3, 4)]))
    assert [stay["city"] for stay in json.loads(found or "")["itinerary"]] == ["C", "A", "B"]
    assert repair(NORTH.problem, write_stays([("Porto", 1, 2)])) == answer(NORTH.problem)


def test_names_do_not_tell_trips_apart_and_numbers_do() -> None:
    text = json.dumps(NORTH.problem)
    assert identify(json.loads(text.replace("Oslo", "Rome"))) == identify(NORTH.problem)
    changes = (
        ('"Riga": 5', '"Riga": 6'),
        ('"to": 3', '"to": 2'),
        ("false", "true"),
        (', "mode": "touch"', ""),
        ('"total_days": 8', '"total_days": 9'),
    )
    for old, new in changes:
        assert identify(json.loads(text.replace(old, new, 1))) != identify(NORTH.problem)
