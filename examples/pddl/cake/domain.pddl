; A cake: the batter goes into a greased tin, the tin into a hot oven, the icing on at the end.
(define (domain cake)
  (:requirements :strips :typing)
  (:types oven batter tin)
  (:predicates
    (cold ?o - oven)
    (hot ?o - oven)
    (mixed ?b - batter)
    (greased ?t - tin)
    (filled ?t - tin)
    (baked ?t - tin)
    (iced ?t - tin))

  (:action heat
    :parameters (?o - oven)
    :precondition (cold ?o)
    :effect (and (hot ?o) (not (cold ?o))))

  (:action mix
    :parameters (?b - batter)
    :precondition (and)
    :effect (mixed ?b))

  (:action grease
    :parameters (?t - tin)
    :precondition (and)
    :effect (greased ?t))

  (:action fill
    :parameters (?t - tin ?b - batter)
    :precondition (and (greased ?t) (mixed ?b))
    :effect (and (filled ?t) (not (mixed ?b))))

  (:action bake
    :parameters (?t - tin ?o - oven)
    :precondition (and (filled ?t) (hot ?o))
    :effect (baked ?t))

  (:action ice
    :parameters (?t - tin)
    :precondition (baked ?t)
    :effect (iced ?t)))
