; The robot stands in the office, where the key to the cellar lies; the hall is between the two.
(define (problem door-to-the-cellar)
  (:domain door)
  (:objects office hall cellar - room
            brass-key - key)
  (:init (robot-in office) (key-in brass-key office) (fits brass-key cellar)
         (next-to office hall) (next-to hall office)
         (next-to hall cellar) (next-to cellar hall)
         (unlocked office) (unlocked hall))
  (:goal (robot-in cellar)))
