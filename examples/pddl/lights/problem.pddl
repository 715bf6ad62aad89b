; The kitchen and the bedroom are both reached from the hall, not from each other.
(define (problem lights-two-rooms)
  (:domain lights)
  (:objects hall kitchen bedroom - room
            ceiling-lamp desk-lamp - lamp)
  (:init (in kitchen)
         (connected hall kitchen) (connected kitchen hall)
         (connected hall bedroom) (connected bedroom hall)
         (lamp-in ceiling-lamp kitchen) (lamp-in desk-lamp bedroom))
  (:goal (and (on ceiling-lamp) (on desk-lamp))))
