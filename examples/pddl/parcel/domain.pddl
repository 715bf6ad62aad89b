; A van carries parcels between places.
(define (domain parcel)
  (:requirements :strips :typing)
  (:types van parcel place)
  (:predicates
    (van-at ?v - van ?p - place)
    (parcel-at ?x - parcel ?p - place)
    (loaded ?x - parcel ?v - van)
    (road ?a ?b - place))

  (:action load
    :parameters (?x - parcel ?v - van ?p - place)
    :precondition (and (parcel-at ?x ?p) (van-at ?v ?p))
    :effect (and (loaded ?x ?v) (not (parcel-at ?x ?p))))

  (:action drive
    :parameters (?v - van ?a ?b - place)
    :precondition (and (van-at ?v ?a) (road ?a ?b))
    :effect (and (van-at ?v ?b) (not (van-at ?v ?a))))

  (:action unload
    :parameters (?x - parcel ?v - van ?p - place)
    :precondition (and (loaded ?x ?v) (van-at ?v ?p))
    :effect (and (parcel-at ?x ?p) (not (loaded ?x ?v)))))
