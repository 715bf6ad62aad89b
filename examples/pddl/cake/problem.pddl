(define (problem cake-for-a-birthday)
  (:domain cake)
  (:objects kitchen-oven - oven
            lemon-batter - batter
            round-tin - tin)
  (:init (cold kitchen-oven))
  (:goal (iced round-tin)))
