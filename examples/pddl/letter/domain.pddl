; A letter is written, put into an envelope, stamped and posted.
(define (domain letter)
  (:requirements :strips :typing :negative-preconditions)
  (:types letter envelope stamp)
  (:predicates
    (written ?l - letter)
    (inside ?l - letter ?e - envelope)
    (sealed ?e - envelope)
    (stamped ?e - envelope)
    (unused ?s - stamp)
    (posted ?l - letter))

  (:action write
    :parameters (?l - letter)
    :precondition (and)
    :effect (written ?l))

  (:action insert
    :parameters (?l - letter ?e - envelope)
    :precondition (and (written ?l) (not (sealed ?e)))
    :effect (inside ?l ?e))

  (:action seal
    :parameters (?e - envelope)
    :precondition (not (sealed ?e))
    :effect (sealed ?e))

  (:action stick
    :parameters (?s - stamp ?e - envelope)
    :precondition (unused ?s)
    :effect (and (stamped ?e) (not (unused ?s))))

  (:action post
    :parameters (?l - letter ?e - envelope)
    :precondition (and (inside ?l ?e) (sealed ?e) (stamped ?e))
    :effect (posted ?l)))
