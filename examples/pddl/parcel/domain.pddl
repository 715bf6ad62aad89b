; A van carries parcels along the road.
(define (domain parcel)
  (:requirements :strips :typing)
  (:types parcel place)
  (:predicates
    (van-at ?p - place)
    (waiting ?x - parcel ?p - place)
    (in-van ?x - parcel)
    (road ?a ?b - place))

  (:action drive
    :parameters (?a ?b - place)
    :precondition (and (van-at ?a) (road ?a ?b))
    :effect (and (van-at ?b) (not (van-at ?a))))

  (:action load
    :parameters (?x - parcel ?p - place)
    :precondition (and (waiting ?x ?p) (van-at ?p))
    :effect (and (in-van ?x) (not (waiting ?x ?p))))

  (:action unload
    :parameters (?x - parcel ?p - place)
    :precondition (and (in-van ?x) (van-at ?p))
    :effect (and (waiting ?x ?p) (not (in-van ?x)))))
