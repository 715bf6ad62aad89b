"""The domain's self-test: small tasks of our own, one for each fragment of PDDL.

Each has plans that must be accepted, and plans that must be rejected with a certain code.
"""

from critics.domain import Example

_LIBRARY = """(define (domain library)
  (:requirements :strips :typing)
  (:types shelf book)
  (:predicates (on ?b - book ?s - shelf) (carried ?b - book) (free-hands)
               (before ?s - shelf))
  (:action walk :parameters (?from ?to - shelf)
    :precondition (before ?from)
    :effect (and (before ?to) (not (before ?from))))
  (:action take :parameters (?b - book ?s - shelf)
    :precondition (and (before ?s) (on ?b ?s) (free-hands))
    :effect (and (carried ?b) (not (on ?b ?s)) (not (free-hands))))
  (:action put :parameters (?b - book ?s - shelf)
    :precondition (and (before ?s) (carried ?b))
    :effect (and (on ?b ?s) (free-hands) (not (carried ?b)))))
"""

_LIBRARY_TASK = """(define (problem return-two-books)
  (:domain library)
  (:objects poems atlas - book fiction maps desk - shelf)
  (:init (on poems desk) (on atlas desk) (free-hands) (before desk))
  (:goal (and (on poems fiction) (on atlas maps))))
"""

_LIBRARY_PLAN = """(take poems desk)
(walk desk fiction)
(put poems fiction)
(walk fiction desk)
(take atlas desk)
(walk desk maps)
(put atlas maps)"""

_LIGHTS = """(define (domain lights)
  (:requirements :adl)
  (:types room switch)
  (:constants hall - room)
  (:predicates (lit ?r - room) (wired ?s - switch ?r - room) (fused ?s - switch)
               (inspected))
  (:action flip :parameters (?s - switch)
    :precondition (and (not (fused ?s)) (or (lit hall) (wired ?s hall)))
    :effect (forall (?r - room)
      (and (when (and (wired ?s ?r) (not (lit ?r))) (lit ?r))
           (when (and (wired ?s ?r) (lit ?r)) (not (lit ?r))))))
  (:action inspect
    :parameters ()
    :precondition (and (forall (?r - room) (imply (exists (?s - switch) (wired ?s ?r)) (lit ?r)))
                       (exists (?a ?b - switch) (not (= ?a ?b))))
    :effect (inspected)))
"""

_LIGHTS_TASK = """(define (problem evening)
  (:domain lights)
  (:objects kitchen cellar attic - room left right broken - switch)
  (:init (wired left hall) (wired left kitchen) (wired right kitchen) (wired right cellar)
         (wired right attic) (lit kitchen) (fused broken) (wired broken hall))
  (:goal (and (inspected) (not (fused left)))))
"""

_TANKER = """(define (domain tanker)
  (:requirements :typing :numeric-fluents)
  (:types ship port)
  (:predicates (at ?s - ship ?p - port))
  (:functions (fuel ?s - ship) (tank ?s - ship) (way ?a ?b - port) (paid))
  (:action sail :parameters (?s - ship ?a ?b - port)
    :precondition (and (at ?s ?a) (>= (fuel ?s) (* 2 (way ?a ?b))))
    :effect (and (at ?s ?b) (not (at ?s ?a)) (decrease (fuel ?s) (* 2 (way ?a ?b)))))
  (:action bunker :parameters (?s - ship)
    :precondition (< (fuel ?s) (tank ?s))
    :effect (and (assign (fuel ?s) (tank ?s))
                 (increase (paid) (/ (- (tank ?s) (fuel ?s)) 3))))
  (:action halve :parameters (?s - ship) :effect (scale-down (fuel ?s) (paid))))
"""

_TANKER_TASK = """(define (problem crossing)
  (:domain tanker)
  (:objects mary - ship oslo kiel riga - port)
  (:init (at mary oslo) (= (fuel mary) 0.7) (= (tank mary) 1) (= (way oslo kiel) 0.35)
         (= (way kiel riga) 0.5) (= (paid) 0))
  (:goal (and (at mary riga) (= (paid) (/ 1 3)) (= (fuel mary) 0))))
"""

_PIPES = """(define (domain pipes)
  (:requirements :typing :adl :derived-predicates :action-costs)
  (:types valve tank)
  (:predicates (joined ?a ?b - tank ?v - valve) (open ?v - valve) (source ?t - tank)
               (reached ?t - tank) (dry ?t - tank))
  (:functions (total-cost) - number (effort ?v - valve) - number)
  (:derived (reached ?t - tank)
    (or (source ?t)
        (exists (?u - tank ?v - valve) (and (reached ?u) (joined ?u ?t ?v) (open ?v)))))
  (:derived (dry ?t - tank) (not (reached ?t)))
  (:action turn-on :parameters (?v - valve)
    :precondition (not (open ?v))
    :effect (and (open ?v) (increase (total-cost) (effort ?v))))
  (:action turn-off :parameters (?v - valve)
    :precondition (open ?v)
    :effect (and (not (open ?v)) (increase (total-cost) (effort ?v)))))
"""

_PIPES_TASK = """(define (problem water-the-field)
  (:domain pipes)
  (:objects well yard field cellar - tank first second drain - valve)
  (:init (source well) (joined well yard first) (joined yard field second)
         (joined yard cellar drain) (open drain) (= (total-cost) 0)
         (= (effort first) 2) (= (effort second) 3) (= (effort drain) 0.5))
  (:goal (and (reached field) (dry cellar)))
  (:metric minimize (total-cost)))
"""

_DONE_TASK = """(define (problem nothing-to-do)
  (:domain library)
  (:objects poems - book desk - shelf)
  (:init (on poems desk) (free-hands) (before desk))
  (:goal (on poems desk)))
"""

EXAMPLES = (
    Example(
        name="library",
        problem={"domain": _LIBRARY, "problem": _LIBRARY_TASK},
        good=(_LIBRARY_PLAN, f"; a comment\n{_LIBRARY_PLAN.upper()}\n\n"),
        bad={
            "": "pddl-empty-plan",
            "(take poems desk)\n(take atlas desk)": "pddl-precondition",
            "(take poems desk)": "pddl-goal",
            "(take poems desk now)": "pddl-wrong-arity",
            "(take desk poems)": "pddl-wrong-type",
            "(walk desk cellar)": "pddl-unknown-object",
            "(fly desk maps)": "pddl-unknown-action",
            f"{_LIBRARY_PLAN}\nDone.": "pddl-malformed-plan",
            "1. (take poems desk)": "pddl-malformed-plan",
        },
        responses={f"Here is a plan:\n```\n{_LIBRARY_PLAN}\n```\n": (_LIBRARY_PLAN,)},
    ),
    Example(
        name="lights",
        problem={"domain": _LIGHTS, "problem": _LIGHTS_TASK},
        good=("(flip left)\n(flip right)\n(inspect)",),
        bad={
            "(flip broken)": "pddl-precondition",
            "(flip right)": "pddl-precondition",
            "(flip left)\n(inspect)": "pddl-precondition",
            "(flip left)\n(flip right)": "pddl-goal",
        },
    ),
    Example(
        name="tanker",
        problem={"domain": _TANKER, "problem": _TANKER_TASK},
        good=("(sail mary oslo kiel)\n(bunker mary)\n(sail mary kiel riga)",),
        bad={
            "(sail mary oslo riga)": "pddl-undefined-value",
            "(halve mary)": "pddl-division-by-zero",
            "(sail mary oslo kiel)\n(sail mary kiel riga)": "pddl-precondition",
            "(sail mary oslo kiel)\n(bunker mary)\n(bunker mary)": "pddl-precondition",
            "(bunker mary)\n(sail mary oslo kiel)": "pddl-goal",
        },
    ),
    Example(
        name="pipes",
        problem={"domain": _PIPES, "problem": _PIPES_TASK},
        good=(
            "(turn-on first)\n(turn-on second)\n(turn-off drain)",
            "(turn-off drain)\n(turn-on second)\n(turn-on first)",
        ),
        bad={
            "(turn-on first)\n(turn-on second)": "pddl-goal",
            "(turn-on drain)": "pddl-precondition",
        },
    ),
    Example(
        name="nothing-to-do",
        problem={"domain": _LIBRARY, "problem": _DONE_TASK},
        good=("", "; empty plan"),
        bad={
            "The goal already holds.": "pddl-malformed-plan",
            "take poems desk": "pddl-malformed-plan",
        },
    ),
)
