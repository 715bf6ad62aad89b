; The key to the cellar lies in the office; the robot starts in the hall, where the cellar door is.
(define (problem door-to-the-cellar)
  (:domain door)
  (:objects hall office cellar - room
            office-door cellar-door - door
            brass-key - key)
  (:init (robot-in hall)
         (key-in brass-key office) (fits brass-key cellar-door)
         (leads office-door hall office) (leads office-door office hall)
         (leads cellar-door hall cellar) (leads cellar-door cellar hall)
         (open office-door) (locked cellar-door))
  (:goal (robot-in cellar)))
