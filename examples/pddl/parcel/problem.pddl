; The van stands at home, the parcel waits in the shop, and the school lies behind the shop.
(define (problem parcel-to-school)
  (:domain parcel)
  (:objects book - parcel
            home shop school - place)
  (:init (van-at home) (waiting book shop)
         (road home shop) (road shop home)
         (road shop school) (road school shop))
  (:goal (waiting book school)))
