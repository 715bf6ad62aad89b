(define (problem garden-one-rose)
  (:domain garden)
  (:objects shed lawn - place
            rose - plant)
  (:init (at lawn) (path shed lawn) (path lawn shed)
         (tap-at shed) (grows rose lawn) (can-empty))
  (:goal (watered rose)))
