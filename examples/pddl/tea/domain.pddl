; One cup of tea: the water must be in the kettle before it boils, and hot before it is poured.
(define (domain tea)
  (:requirements :strips :typing)
  (:types kettle cup teabag)
  (:predicates
    (empty ?k - kettle)
    (filled ?k - kettle)
    (hot ?k - kettle)
    (clean ?c - cup)
    (bag-in ?b - teabag ?c - cup)
    (unused ?b - teabag)
    (tea-ready ?c - cup))

  (:action fill
    :parameters (?k - kettle)
    :precondition (empty ?k)
    :effect (and (filled ?k) (not (empty ?k))))

  (:action boil
    :parameters (?k - kettle)
    :precondition (filled ?k)
    :effect (hot ?k))

  (:action put-bag
    :parameters (?b - teabag ?c - cup)
    :precondition (and (unused ?b) (clean ?c))
    :effect (and (bag-in ?b ?c) (not (unused ?b)) (not (clean ?c))))

  (:action pour
    :parameters (?k - kettle ?c - cup ?b - teabag)
    :precondition (and (hot ?k) (bag-in ?b ?c))
    :effect (and (tea-ready ?c) (empty ?k) (not (filled ?k)) (not (hot ?k)))))
