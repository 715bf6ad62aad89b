"""The traps: every formula here has been got wrong by some checker."""

import pytest

INTS = "(declare-const x Int)(declare-const y Int)"
REAL = "(declare-const r Real)"
BITS = "(declare-const b (_ BitVec 8))"
TEXT = "(declare-const s String)"


@pytest.mark.parametrize(
    ("formula", "values", "verdict"),
    [
        ("(= (div x y) (- 4))", {"x": 7, "y": -2}, False),
        ("(= (div x y) (- 3))", {"x": 7, "y": -2}, True),
        ("(= (mod x y) 1)", {"x": -7, "y": -2}, True),
        ("(= (div x y) 4)", {"x": -7, "y": -2}, True),
        ("(= (mod x y) 1)", {"x": -7, "y": 2}, True),
        ("(< x y 3)", {"x": 1, "y": 5}, False),
        ("(= x y 1)", {"x": 1, "y": 1}, True),
        ("(distinct x y 2)", {"x": 2, "y": 1}, False),
        ("(=> (= x 1) (= y 2) (= x y))", {"x": 1, "y": 3}, True),
        ("(xor true (= x 1) (= y 1))", {"x": 1, "y": 1}, True),
        ("(= (- x) -4)", {"x": 4, "y": 0}, True),
        ("(= (- x y 1) 0)", {"x": 3, "y": 2}, True),
        ("(let ((x y) (y x)) (< x y))", {"x": 2, "y": 1}, True),
        ("(= (abs (- x)) y)", {"x": 3, "y": 3}, True),
        ("((_ divisible 3) (- x))", {"x": 9, "y": 0}, True),
        ("(= x (^ 2 100))", {"x": 2**100, "y": 0}, True),
        ("(= (ite (> x y) x y) x)", {"x": 2, "y": 1}, True),
        ("(and (> x 0))", {"x": 2, "y": 1}, True),
        ("(= (+ (* x x x) (* y y y)) 9)", {"x": 1, "y": 2}, True),
    ],
)
def test_integers(check, formula, values, verdict):
    judgement = check(f"{INTS}(assert {formula})", values)
    assert judgement.verdict == ("accepted" if verdict else "rejected"), judgement.diagnostics


@pytest.mark.parametrize(
    ("formula", "r", "verdict"),
    [
        ("(= (* 3 r) 1)", "1/3", True),
        ("(= r (/ 1 3))", 0.3333333333333333, False),
        ("(= (to_int r) (- 2))", -1.5, True),
        ("(is_int (* 2 r))", 0.5, True),
        ("(= (to_real (to_int r)) r)", 2.5, False),
        ("(< 0 r 1)", 0.5, True),
        ("(= (/ 1 r 2) 1.0)", 0.5, True),
        ("(= (* r r) 2)", 1.4142135623730951, False),
    ],
)
def test_reals(check, formula, r, verdict):
    judgement = check(f"{REAL}(assert {formula})", {"r": r})
    assert judgement.verdict == ("accepted" if verdict else "rejected")


@pytest.mark.parametrize(
    "formula",
    [
        "(= (div x y) 0)",
        "(= (div x y) (div x y))",
        "(= (mod x y) x)",
        "(= (/ x y) 0.0)",
        "(or (= (div x y) 0) (= x 99))",
        "(not (= (div x y) 7))",
        "(= x (ite (= (mod x y) 0) 5 6))",
    ],
)
def test_division_by_zero_is_undefined_and_never_accepted(check, formula):
    judgement = check(f"{INTS}(assert (! {formula} :named d))", {"x": 5, "y": 0})
    assert judgement.codes == ("smt-undefined",)
    assert judgement.diagnostics[0].data["constraint"] == "d"


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("(=> (distinct y 0) (= (div x y) 2))", "accepted"),
        ("(or (= y 0) (> (div x y) 2))", "accepted"),
        ("(ite (= y 0) (= x 5) (= (div x y) 2))", "accepted"),
        ("(and (distinct y 0) (> (div x y) 2))", "rejected"),
    ],
)
def test_a_guarded_division_by_zero_does_not_matter(check, formula, verdict):
    judgement = check(f"{INTS}(assert {formula})", {"x": 5, "y": 0})
    assert judgement.verdict == verdict
    assert "smt-undefined" not in judgement.codes


@pytest.mark.parametrize(
    ("formula", "b", "verdict"),
    [
        ("(= (bvadd b #x01) #x00)", 255, True),
        ("(= (bvudiv b #x00) #xff)", 7, True),
        ("(= (bvurem b #x00) b)", 7, True),
        ("(= (bvsdiv b #x00) #x01)", 254, True),
        ("(= (bvsdiv b #xff) #x80)", 128, True),
        ("(= (bvsrem b #x03) #xff)", 0xF9, True),
        ("(= (bvsmod b #x03) #x02)", 0xF9, True),
        ("(bvslt b #x00)", 128, True),
        ("(bvult b #x00)", 128, False),
        ("(= ((_ rotate_left 9) b) #x03)", 0x81, True),
        ("(= ((_ extract 7 4) b) #xa)", 0xAB, True),
        ("(= ((_ sign_extend 8) b) #xffab)", 0xAB, True),
        ("(= (concat b #x1) #xab1)", 0xAB, True),
        ("(= (bvshl b #x08) #x00)", 1, True),
        ("(= (bvashr b #x09) #xff)", 128, True),
        ("(= (bvcomp b #xab) #b1)", 0xAB, True),
        ("(= (bv2nat b) 171)", 0xAB, True),
        ("(= ((_ int2bv 8) (- 1)) b)", 255, True),
        ("(= (bvand b #x0f #x03) #x03)", 0xAB, True),
    ],
)
def test_bit_vectors(check, formula, b, verdict):
    judgement = check(f"{BITS}(assert {formula})", {"b": b})
    assert judgement.verdict == ("accepted" if verdict else "rejected")


@pytest.mark.parametrize(
    ("formula", "s", "verdict"),
    [
        ('(= (str.at s 5) "")', "abc", True),
        ('(= (str.substr s 1 99) "bc")', "abc", True),
        ('(= (str.substr s (- 1) 2) "")', "abc", True),
        ('(= (str.indexof s "" 3) 3)', "abc", True),
        ('(= (str.indexof s "c" 4) (- 1))', "abc", True),
        ('(= (str.replace s "" "x") "xabc")', "abc", True),
        ('(= (str.replace_all s "" "x") s)', "abc", True),
        ("(= (str.to_int s) (- 1))", "-1", True),
        ("(= (str.to_int s) 7)", "007", True),
        ('(= (str.from_int (- 1)) "")', "", True),
        ("(= (str.len s) 1)", "日", True),
        (r'(= s "\u{65e5}\u0041")', "日A", True),
        ('(= s """")', '"', True),
        ('(str.< "a" s)', "B", False),
        ('(str.prefixof "ab" s)', "abc", True),
        ('(str.suffixof s "abc")', "bc", True),
        ('(str.in_re s (re.+ (re.range "0" "9")))', "", False),
        ("(str.in_re s ((_ re.loop 2 3) re.allchar))", "abcd", False),
        ('(str.in_re s (re.comp (str.to_re "a")))', "", True),
        ('(str.in_re s (re.diff re.all (re.++ re.all (str.to_re "b") re.all)))', "abc", False),
        ('(str.in_re s (re.inter (re.* re.allchar) (re.opt (str.to_re "abc"))))', "abc", True),
        ('(str.in_re s (re.range "b" "a"))', "a", False),
        ('(= (str.replace_re s (re.* (str.to_re "b")) "X") "Xab")', "ab", True),
    ],
)
def test_strings(check, formula, s, verdict):
    judgement = check(f"{TEXT}(assert {formula})", {"s": s})
    assert judgement.verdict == ("accepted" if verdict else "rejected"), judgement.diagnostics


PRIME = "(forall ((i Int)) (=> (and (<= 2 i) (< i x)) (distinct 0 (mod x i))))"


@pytest.mark.parametrize(
    ("formula", "x", "verdict"),
    [
        (PRIME, 97, "accepted"),
        (PRIME, 91, "rejected"),
        ("(exists ((i Int)) (and (<= 0 i x) (= (* i i) x)))", 49, "accepted"),
        ("(exists ((i Int)) (and (<= 0 i x) (= (* i i) x)))", 50, "rejected"),
        ("(forall ((u (_ BitVec 6))) (= (bvxor u u) #b000000))", 0, "accepted"),
        ("(forall ((p Bool) (q Bool)) (or p (not q)))", 0, "rejected"),
        ("(forall ((i Int)) (=> (< i 0) (< i x)))", 0, "accepted"),
        ("(forall ((i Int)) (> i x))", 0, "rejected"),
        ("(exists ((i Int)) (= (* 2 i) x))", 7, "rejected"),
    ],
)
def test_quantifiers(check, formula, x, verdict):
    judgement = check(f"(declare-const x Int)(assert {formula})", {"x": x})
    assert judgement.verdict == verdict, judgement.diagnostics


def test_what_an_engine_decided_is_said(check):
    script = "(declare-const x Int)(assert (! (forall ((i Int)) (>= (* i i) x)) :named sq))"
    judgement = check(script, {"x": 0})
    assert judgement.verdict == "accepted"
    assert judgement.diagnostics[0].code == "smt-engine-decided"
    assert judgement.diagnostics[0].data["constraints"] == ["sq"]


def test_what_nobody_decides_is_unknown(check):
    cubes = "(+ (* a a a) (* b b b) (* c c c))"
    script = f"(declare-const x Int)(assert (exists ((a Int) (b Int) (c Int)) (= x {cubes})))"
    assert check(script, {"x": 114}).verdict == "unknown"


def test_numbers_that_grow_without_end_are_unknown(check):
    squares = "".join(f"(let ((a{n} (* a{n - 1} a{n - 1})))" for n in range(1, 200))
    script = f"(declare-const a0 Int)(assert {squares}(> a199 0){')' * 199})"
    assert check(script, {"a0": 3}).codes == ("smt-undecided",)
    assert check(script, {"a0": 1}).verdict == "accepted"


def test_deep_nesting_costs_no_stack(check):
    formula = "(not " * 990 + "(> x 0)" + ")" * 990
    assert check(f"(declare-const x Int)(assert {formula})", {"x": 1}).verdict == "accepted"


def test_arrays_and_datatypes(check):
    script = """
    (declare-datatypes ((List 0)) (((nil) (cons (head Int) (tail List)))))
    (declare-const l List)(declare-const a (Array Int Int))
    (assert (! (= (select (store a 1 5) 1) 5) :named stored))
    (assert (! (= (head (tail l)) 2) :named second))
    """
    table = {"default": 0, "entries": []}
    two = {"cons": [1, {"cons": [2, "nil"]}]}
    assert check(script, {"l": two, "a": table}).verdict == "accepted"
    assert check(script, {"l": {"cons": [1, "nil"]}, "a": table}).codes == ("smt-undefined",)


def test_regular_expressions_too_large_to_match_are_unknown(check):
    regex = "(re.* (re.opt " * 300 + '(str.to_re "a")' + "))" * 300
    assert check(f"{TEXT}(assert (str.in_re s {regex}))", {"s": "aaa"}).verdict == "unknown"
