(define (problem letter-to-grandma)
  (:domain letter)
  (:objects grandma-letter - letter
            blue-envelope - envelope
            red-stamp - stamp)
  (:init (unused red-stamp))
  (:goal (posted grandma-letter)))
