; A robot needs the right key to get through a locked door.
(define (domain door)
  (:requirements :strips :typing)
  (:types room door key)
  (:predicates
    (robot-in ?r - room)
    (key-in ?k - key ?r - room)
    (carrying ?k - key)
    (fits ?k - key ?d - door)
    (leads ?d - door ?a ?b - room)
    (locked ?d - door)
    (open ?d - door))

  (:action take
    :parameters (?k - key ?r - room)
    :precondition (and (robot-in ?r) (key-in ?k ?r))
    :effect (and (carrying ?k) (not (key-in ?k ?r))))

  (:action unlock
    :parameters (?d - door ?k - key ?a ?b - room)
    :precondition (and (robot-in ?a) (leads ?d ?a ?b) (carrying ?k) (fits ?k ?d) (locked ?d))
    :effect (and (open ?d) (not (locked ?d))))

  (:action go
    :parameters (?d - door ?a ?b - room)
    :precondition (and (robot-in ?a) (leads ?d ?a ?b) (open ?d))
    :effect (and (robot-in ?b) (not (robot-in ?a)))))
