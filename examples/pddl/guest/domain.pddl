; Getting a room ready: a bed is made only with clean sheets, and guests come last.
(define (domain guest)
  (:requirements :strips :typing :negative-preconditions)
  (:types bed sheet guest)
  (:predicates
    (dirty ?s - sheet)
    (clean ?s - sheet)
    (wet ?s - sheet)
    (made ?b - bed)
    (free ?b - bed)
    (arrived ?g - guest)
    (sleeps ?g - guest ?b - bed))

  (:action wash
    :parameters (?s - sheet)
    :precondition (dirty ?s)
    :effect (and (wet ?s) (not (dirty ?s))))

  (:action dry
    :parameters (?s - sheet)
    :precondition (wet ?s)
    :effect (and (clean ?s) (not (wet ?s))))

  (:action make-bed
    :parameters (?b - bed ?s - sheet)
    :precondition (and (clean ?s) (free ?b) (not (made ?b)))
    :effect (and (made ?b) (not (clean ?s))))

  (:action welcome
    :parameters (?g - guest ?b - bed)
    :precondition (and (made ?b) (free ?b))
    :effect (and (sleeps ?g ?b) (arrived ?g) (not (free ?b)))))
