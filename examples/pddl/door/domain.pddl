; A robot enters a room only when the room is unlocked, and unlocks it only with its key.
(define (domain door)
  (:requirements :strips :typing)
  (:types room key)
  (:predicates
    (robot-in ?r - room)
    (key-in ?k - key ?r - room)
    (holding ?k - key)
    (fits ?k - key ?r - room)
    (next-to ?a ?b - room)
    (unlocked ?r - room))

  (:action take
    :parameters (?k - key ?r - room)
    :precondition (and (key-in ?k ?r) (robot-in ?r))
    :effect (and (holding ?k) (not (key-in ?k ?r))))

  (:action unlock
    :parameters (?r - room ?k - key)
    :precondition (and (holding ?k) (fits ?k ?r))
    :effect (unlocked ?r))

  (:action go
    :parameters (?a ?b - room)
    :precondition (and (robot-in ?a) (next-to ?a ?b) (unlocked ?b))
    :effect (and (robot-in ?b) (not (robot-in ?a)))))
