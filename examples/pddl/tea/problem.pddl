(define (problem tea-one-cup)
  (:domain tea)
  (:objects kettle1 - kettle
            mug - cup
            green-tea - teabag)
  (:init (empty kettle1) (clean mug) (unused green-tea))
  (:goal (tea-ready mug)))
