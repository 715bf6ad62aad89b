"""Samples: the smallest problem and what comes of it, as the schemas' examples show them."""

from pydantic import JsonValue

SWITCH: dict[str, JsonValue] = {
    "domain": "(define (domain switch)\n  (:predicates (off ?l) (lit ?l))\n"
    "  (:action turn-on :parameters (?l)\n    :precondition (off ?l)\n"
    "    :effect (and (lit ?l) (not (off ?l)))))",
    "problem": "(define (problem one-lamp) (:domain switch)\n  (:objects lamp)\n"
    "  (:init (off lamp))\n  (:goal (lit lamp)))",
}
"""The smallest PDDL problem, used as the example of every schema that takes a problem."""


ACCEPTED: dict[str, JsonValue] = {
    "domain": "pddl",
    "domain_version": "1",
    "verdict": "accepted",
    "candidate": "(turn-on lamp)",
    "score": 1.0,
    "diagnostics": [],
    "critics": [],
    "coverage": {"decided": ["the goal"], "undecided": []},
    "assurance": "single",
    "opinions": [],
}
"""The judgement of a good answer to it."""

EVENTS_EXAMPLE = """: keep-alive

event: round-started
id: 1
data: {"event":"round-started","seq":1,"at":0.0,"round":1,"calls":[0],"fresh":true}

event: judged
id: 4
data: {"event":"judged","seq":4,"at":2.1,"round":1,"candidate":0,"verdict":"rejected","score":0.5}

event: result
data: {"id":"run_01KANW8V8S4Q0Y5J1T3Z9X7C2B","status":"exhausted","certified":false}
"""
"""What a stream looks like, shortened."""

CODE: dict[str, JsonValue] = {
    "code": "not-covered",
    "title": "Part of the problem is decided by no critic",
    "explanation": "The problem uses a feature that is declared unsupported.",
    "action": "Remove the feature from the problem.",
    "status": None,
}
"""A code, as an example."""
