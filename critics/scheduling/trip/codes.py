"""The codes of the domain `trip`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

TRIP_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "trip-format": Code(
            "The answer cannot be read",
            'An answer is one JSON object `{"itinerary": [...]}`, a list of stays '
            '`{"city", "first_day", "last_day"}` in their order; days are integers. It may also '
            'state how long a stay is (`days`) and the flights (`{"fly_from", "fly_to", "day"}`); '
            "what it states is judged. Other keys are refused, for nobody would judge them.",
            "Answer with that object.",
        ),
        "trip-unread": Code(
            "A part of the itinerary means nothing",
            "The response states something as part of its itinerary that is neither a stay nor a "
            "flight. It is not skipped: an itinerary with such a part is not certified.",
            "Leave the part out, or write it as a stay or a flight.",
        ),
        "trip-city-unknown": Code(
            "A city is none of the problem's",
            "The itinerary visits a city that is not to be visited; names are compared letter by "
            "letter.",
            "Visit the listed cities only.",
        ),
        "trip-city-twice": Code(
            "A city is visited twice",
            "Every city is visited exactly once, in one stay.",
            "Join the stays, or leave one out.",
        ),
        "trip-city-missing": Code(
            "A city is not visited",
            "Every city of the problem is visited.",
            "Add the missing cities.",
        ),
        "trip-stay-length": Code(
            "A stay has another length",
            "A stay from day 3 to day 5 has three days; the days of flights count in both cities. "
            "Every city has exactly its number of days.",
            "Correct the days of the stay.",
        ),
        "trip-start-day": Code(
            "The trip does not start on day 1",
            "The first stay starts on day 1.",
            "Start on day 1.",
        ),
        "trip-end-day": Code(
            "The trip does not end on its last day",
            "The last stay ends on day `total_days`.",
            "End on the last day.",
        ),
        "trip-flight-day": Code(
            "Two stays do not share the day of the flight",
            "One flies on the last day of a stay, which is the first day of the next: there is "
            "neither a gap nor an overlap of more than that day.",
            "Let the next stay start on the day on which the one before ends.",
        ),
        "trip-no-flight": Code(
            "There is no direct flight",
            "One flies directly from stay to stay, in the direction that the problem lists. "
            "`both: false` is one way.",
            "Choose another order of the cities.",
        ),
        "trip-window": Code(
            "An event is missed",
            "With semantics `contain` the stay includes every day of the window, with `touch` at "
            "least one. The default is the problem's `windows_semantics`.",
            "Move the stay.",
        ),
        "trip-flight-record": Code(
            "A stated flight is not the one between the stays",
            "A flight that is written down names the city of the stay before it, the city of the "
            "stay after it, and the day that both share.",
            "Correct the flight, or leave it out.",
        ),
        "trip-statement": Code(
            "A stated number of days is wrong",
            "The answer says how many days a stay has, and the days from first to last are not as "
            "many.",
            "Correct the number, or leave it out.",
        ),
        "trip-flight-elsewhere": Code(
            "A flight leads to a city that is not visited",
            "The problem lists a direct flight from or to a city that is not in `cities`. It is of "
            "no use, and changes no verdict.",
            "Check the city's name, if it was meant to be visited.",
        ),
        "trip-infeasible": Code(
            "No itinerary is possible",
            "Every order of the cities was examined: the days do not add up, no flights lead "
            "through all cities, or an event is missed in each.",
            "Change the named parts: the days, the flights or the windows.",
        ),
        "trip-undecided": Code(
            "Something about the whole problem was not decided",
            "The cities have more orders than are examined, or two methods did not agree.",
            "Judge answers one by one, or make the problem smaller.",
        ),
        "trip-hint": Code(
            "How far an itinerary can be kept",
            "A hint: how many of the first stays belong to a possible trip. It was found by "
            "examining every order, and has passed the critics.",
            "Keep these stays, and plan the others anew.",
        ),
        "trip-problem-window": Code(
            "A window cannot be read",
            "A window belongs to a city that is to be visited, and does not end before it starts.",
            "Correct the city or the days.",
        ),
        "trip-problem-flight": Code(
            "A flight leads nowhere",
            "A flight connects two different cities.",
            "Correct it, or remove it.",
        ),
    }
)
