"""The codes of the domain `meeting`, with their explanations."""

from collections.abc import Mapping
from types import MappingProxyType

from critics.codes import Code

MEETING_CODES: Mapping[str, Code] = MappingProxyType(
    {
        "meeting-format": Code(
            "The answer cannot be read",
            'An answer is one JSON object `{"itinerary": [...]}`, a list of meetings '
            '`{"person", "place", "start", "end"}` in their order. It may also state the start '
            '(`{"start_at", "start"}`), ways (`{"travel_to", "travel_from", "minutes", "start", '
            '"end"}`), waiting (`{"wait_until"}`) and stops (`{"stop_at", "start", "end"}`); what '
            "it states is judged. Other keys are refused, for nobody would judge them.",
            "Answer with that object.",
        ),
        "meeting-unread": Code(
            "A part of the itinerary means nothing",
            "The response states something as part of its itinerary that is no meeting, way or "
            "wait. It is not skipped: an itinerary with such a part is not certified.",
            "Leave the part out, or write it as one of these.",
        ),
        "meeting-person-unknown": Code(
            "Somebody is not to be met",
            "The itinerary meets a person whom the problem does not know; names are compared "
            "letter by letter.",
            "Meet the listed people only.",
        ),
        "meeting-person-twice": Code(
            "Somebody is met twice",
            "Nobody is met more than once; parts of a meeting do not add up.",
            "Leave one of the two meetings out.",
        ),
        "meeting-place": Code(
            "A meeting is at another place",
            "Every person is at one place, which the problem names.",
            "Meet the person there, or leave the place out.",
        ),
        "meeting-window": Code(
            "A meeting leaves the person's time",
            "A meeting starts no earlier than the person comes and ends no later than they go.",
            "Move or shorten the meeting.",
        ),
        "meeting-too-short": Code(
            "A meeting is too short",
            "A meeting lasts at least the person's minimum, counted from start to end.",
            "Prolong the meeting, or leave it out.",
        ),
        "meeting-overlap": Code(
            "A meeting starts before the one before ends",
            "Meetings are held one after the other, in the order of the answer.",
            "Bring them into their order, or move one.",
        ),
        "meeting-travel": Code(
            "A meeting starts before one can be there",
            "One travels directly from the place before, in exactly the given minutes for that "
            "direction. The finding tells the arithmetic.",
            "Start later, shorten the meeting before, or choose another order.",
        ),
        "meeting-no-way": Code(
            "There is no way between two places",
            "The problem gives no minutes from the one place to the other, so one cannot travel "
            "directly.",
            "Choose another order.",
        ),
        "meeting-too-few": Code(
            "Too few people are met",
            "The objective asks for more: `max` for as many as possible (every selection and order "
            "was examined), `all` for everybody, `at_least` for a number, `any` for one.",
            "Meet more people.",
        ),
        "meeting-more-possible": Code(
            "More people could be met",
            "The itinerary is good enough for the objective; another one meets more people.",
            "Meet more people, if that is of use.",
        ),
        "meeting-statement": Code(
            "Something that the answer states is not so",
            "The answer states a way, a wait, a number of minutes or a start that contradicts the "
            "problem or the rest of the answer, such as a way in fewer minutes than it takes.",
            "Correct the statement, or leave it out.",
        ),
        "meeting-infeasible": Code(
            "Not enough people can be met",
            "Every selection and order of people was examined, and none reaches the objective.",
            "Ask for fewer people, or change the named people's times.",
        ),
        "meeting-undecided": Code(
            "Something about the whole problem was not decided",
            "There are more selections and orders than are examined, or two methods did not agree.",
            "Ask for a number of people (`at_least`) instead of `max`.",
        ),
        "meeting-hint": Code(
            "What is possible",
            "A hint: how far the itinerary can be kept, or whom one can meet. It was found by "
            "examining every selection and order, and has passed the critics.",
            "Keep what can be kept, and plan the rest anew.",
        ),
        "meeting-problem-twice": Code(
            "A person is listed twice",
            "People have different names, each listed once.",
            "Remove the repetition, or tell the two apart.",
        ),
        "meeting-problem-place": Code(
            "A place has no ways",
            "A place is named that `travel` does not mention, although it is not where the day "
            "starts. A misspelt place could otherwise never be reached.",
            "Correct the place, or list the ways to it.",
        ),
        "meeting-problem-time": Code(
            "A person's time ends before it starts",
            "A person goes after they come, on the same day.",
            "Exchange the two times.",
        ),
        "meeting-problem-travel": Code(
            "A way leads from a place to itself",
            "Staying takes no time; such a way may be left out, or take 0 minutes.",
            "Remove the way.",
        ),
    }
)
