; Two blocks change places: red stands on blue, and blue is to stand on red.
(define (problem blocks-swap)
  (:domain blocks)
  (:objects red blue - block)
  (:init (on red blue) (on-table blue) (clear red) (hand-empty))
  (:goal (on blue red)))
