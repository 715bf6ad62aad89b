; A watering can is filled at a tap, carried to the beds and emptied on the first thirsty plant.
(define (domain garden)
  (:requirements :strips :typing)
  (:types place plant)
  (:predicates
    (at ?p - place)
    (path ?a ?b - place)
    (tap-at ?p - place)
    (grows ?x - plant ?p - place)
    (can-full)
    (can-empty)
    (watered ?x - plant))

  (:action walk
    :parameters (?a ?b - place)
    :precondition (and (at ?a) (path ?a ?b))
    :effect (and (at ?b) (not (at ?a))))

  (:action fill-can
    :parameters (?p - place)
    :precondition (and (at ?p) (tap-at ?p) (can-empty))
    :effect (and (can-full) (not (can-empty))))

  (:action water
    :parameters (?x - plant ?p - place)
    :precondition (and (at ?p) (grows ?x ?p) (can-full))
    :effect (and (watered ?x) (can-empty) (not (can-full)))))
