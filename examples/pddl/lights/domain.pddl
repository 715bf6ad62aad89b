; A lamp can be switched on only by somebody who stands in its room.
(define (domain lights)
  (:requirements :strips :typing)
  (:types room lamp)
  (:predicates
    (in ?r - room)
    (connected ?a ?b - room)
    (lamp-in ?l - lamp ?r - room)
    (on ?l - lamp))

  (:action walk
    :parameters (?from ?to - room)
    :precondition (and (in ?from) (connected ?from ?to))
    :effect (and (in ?to) (not (in ?from))))

  (:action switch-on
    :parameters (?l - lamp ?r - room)
    :precondition (and (in ?r) (lamp-in ?l ?r))
    :effect (on ?l)))
