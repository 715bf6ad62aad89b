(define (problem guest-for-one-night)
  (:domain guest)
  (:objects guest-bed - bed
            linen - sheet
            anna - guest)
  (:init (dirty linen) (free guest-bed))
  (:goal (sleeps anna guest-bed)))
