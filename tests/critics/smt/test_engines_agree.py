"""The evaluator against Z3 and cvc5 on random problems: they may be silent, never disagree."""

import json
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from critics.judge import judge
from critics.smt import domain
from critics.smt.answer import read_answer
from critics.smt.critics import check, load
from critics.smt.cvc5_engine import Cvc5
from critics.smt.fixed import decide
from critics.smt.reading import read_instance
from critics.smt.schema import SmtProblem
from critics.smt.terms import Absent
from critics.smt.z3_engine import Z3

WIDTH = 4
VARIABLES = {
    "Int": ("i", "j"),
    "Real": ("r", "s"),
    "Bool": ("p", "q"),
    f"(_ BitVec {WIDTH})": ("u", "v"),
    "String": ("w", "x"),
    "Colour": ("c", "d"),
    "(Array Int Int)": ("a",),
}
DECLARATIONS = "(declare-datatypes ((Colour 0)) (((red) (green) (blue))))" + "".join(
    f"(declare-const {name} {sort})" for sort, names in VARIABLES.items() for name in names
)
BITS = f"(_ BitVec {WIDTH})"
REGEX = "RegLan"

# Each production: the result's sort, a template, and its arguments' sorts.
GRAMMAR = [
    ("Bool", "(not {})", ["Bool"]),
    ("Bool", "(and {} {})", ["Bool", "Bool"]),
    ("Bool", "(or {} {} {})", ["Bool", "Bool", "Bool"]),
    ("Bool", "(=> {} {} {})", ["Bool", "Bool", "Bool"]),
    ("Bool", "(xor {} {})", ["Bool", "Bool"]),
    *(
        ("Bool", f"({relation} {{}} {{}})", [sort, sort])
        for sort in ("Int", "Real")
        for relation in ("<", "<=", ">", ">=", "=", "distinct")
    ),
    ("Bool", "(< {} {} {})", ["Int", "Int", "Int"]),
    ("Bool", "(= {} {} {})", ["Int", "Real", "Int"]),
    ("Bool", "(distinct {} {} {})", ["Colour", "Colour", "Colour"]),
    ("Bool", "((_ is red) {})", ["Colour"]),
    ("Bool", "(= {} {})", ["(Array Int Int)", "(Array Int Int)"]),
    ("Bool", "((_ divisible 3) {})", ["Int"]),
    ("Bool", "(is_int {})", ["Real"]),
    *(
        ("Bool", f"({relation} {{}} {{}})", [BITS, BITS])
        for relation in (
            *("bvult", "bvule", "bvugt", "bvuge", "bvslt", "bvsle", "bvsgt", "bvsge", "="),
            *("bvuaddo", "bvsaddo", "bvumulo", "bvsmulo", "bvusubo", "bvssubo", "bvsdivo"),
        )
    ),
    ("Bool", "(bvnego {})", [BITS]),
    *(
        ("Bool", f"({relation} {{}} {{}})", ["String", "String"])
        for relation in ("str.prefixof", "str.suffixof", "str.contains", "str.<", "str.<=", "=")
    ),
    ("Bool", "(str.is_digit {})", ["String"]),
    ("Bool", "(str.in_re {} {})", ["String", REGEX]),
    # Bound variables shadow the free ones, so bodies and even bounds mention them.
    ("Bool", "(forall ((i Int)) (=> (and (<= {} i) (< i {})) {}))", ["Int", "Int", "Bool"]),
    ("Bool", "(exists ((i Int)) (and (<= {} i {}) {}))", ["Int", "Int", "Bool"]),
    ("Bool", "(forall ((i Int)) (or (< i {}) (not (<= i {})) {}))", ["Int", "Int", "Bool"]),
    ("Bool", "(exists ((i Int) (j Int)) (and (< {} j 5) (= i {}) {}))", ["Int", "Int", "Bool"]),
    ("Bool", "(forall ((i Int)) (=> (and (> 4 i) {}) (=> (>= i {}) {})))", ["Bool", "Int", "Bool"]),
    ("Bool", "(forall ((p Bool) (c Colour)) {})", ["Bool"]),
    ("Bool", f"(exists ((u {BITS})) {{}})", ["Bool"]),
    *(("Int", f"({op} {{}} {{}})", ["Int", "Int"]) for op in ("+", "-", "*", "div", "mod")),
    ("Int", "(- {})", ["Int"]),
    ("Int", "(abs {})", ["Int"]),
    ("Int", "(ite {} {} {})", ["Bool", "Int", "Int"]),
    ("Int", "(let ((i {}) (k {})) (+ i (* k k)))", ["Int", "Int"]),
    ("Int", "(to_int {})", ["Real"]),
    ("Int", "(str.len {})", ["String"]),
    ("Int", "(str.to_int {})", ["String"]),
    ("Int", "(str.to_code {})", ["String"]),
    ("Int", "(str.indexof {} {} {})", ["String", "String", "Int"]),
    ("Int", "(ubv_to_int {})", [BITS]),
    ("Int", "(sbv_to_int {})", [BITS]),
    ("Int", "(select {} {})", ["(Array Int Int)", "Int"]),
    ("(Array Int Int)", "(store {} {} {})", ["(Array Int Int)", "Int", "Int"]),
    *(("Real", f"({op} {{}} {{}})", ["Real", "Real"]) for op in ("+", "-", "*", "/")),
    ("Real", "(to_real {})", ["Int"]),
    ("Real", "(/ {} {})", ["Int", "Int"]),
    ("Real", "(ite {} {} {})", ["Bool", "Real", "Real"]),
    *(
        (BITS, f"({op} {{}} {{}})", [BITS, BITS])
        for op in (
            *("bvand", "bvor", "bvxor", "bvnand", "bvnor", "bvxnor", "bvadd", "bvsub", "bvmul"),
            *("bvudiv", "bvurem", "bvsdiv", "bvsrem", "bvsmod", "bvshl", "bvlshr", "bvashr"),
        )
    ),
    (BITS, "(bvnot {})", [BITS]),
    (BITS, "(bvneg {})", [BITS]),
    (BITS, "((_ rotate_left 3) {})", [BITS]),
    (BITS, "((_ rotate_right 5) {})", [BITS]),
    (BITS, "((_ extract 5 2) ((_ sign_extend 3) {}))", [BITS]),
    (BITS, "((_ extract 5 2) ((_ zero_extend 3) {}))", [BITS]),
    (BITS, "((_ extract 6 3) ((_ repeat 2) {}))", [BITS]),
    (BITS, "((_ extract 4 1) (concat {} {} #b1))", [BITS, BITS]),
    (BITS, "((_ int_to_bv 4) {})", ["Int"]),
    (BITS, "(concat #b000 (bvcomp {} {}))", [BITS, BITS]),
    ("String", "(str.++ {} {})", ["String", "String"]),
    ("String", "(str.at {} {})", ["String", "Int"]),
    ("String", "(str.substr {} {} {})", ["String", "Int", "Int"]),
    ("String", "(str.replace {} {} {})", ["String", "String", "String"]),
    ("String", "(str.replace_all {} {} {})", ["String", "String", "String"]),
    ("String", "(str.replace_re {} {} {})", ["String", REGEX, "String"]),
    ("String", "(str.replace_re_all {} {} {})", ["String", REGEX, "String"]),
    ("String", "(str.from_int {})", ["Int"]),
    ("String", "(str.from_code {})", ["Int"]),
    ("Colour", "(ite {} {} {})", ["Bool", "Colour", "Colour"]),
    (REGEX, "(str.to_re {})", ["String"]),
    (REGEX, "(re.++ {} {})", [REGEX, REGEX]),
    (REGEX, "(re.union {} {})", [REGEX, REGEX]),
    (REGEX, "(re.inter {} {})", [REGEX, REGEX]),
    (REGEX, "(re.diff {} {})", [REGEX, REGEX]),
    (REGEX, "(re.* {})", [REGEX]),
    (REGEX, "(re.+ {})", [REGEX]),
    (REGEX, "(re.opt {})", [REGEX]),
    (REGEX, "(re.comp {})", [REGEX]),
    (REGEX, "((_ re.^ 2) {})", [REGEX]),
    (REGEX, "((_ re.loop 1 3) {})", [REGEX]),
]
LITERALS = {
    "Int": ["0", "1", "2", "7", "(- 3)", "12"],
    "Real": ["0.0", "0.5", "1.25", "(- 2.0)", "(/ 1 3)"],
    "Bool": ["true", "false"],
    BITS: ["#b0000", "#b0001", "#b1000", "#b1111", "#x7", "(_ bv9 4)"],
    "String": ['""', '"a"', '"ab"', '"7"', '"aba"', r'"\u{62}"', '"""\\"'],
    "Colour": ["red", "green", "blue"],
    "(Array Int Int)": ["((as const (Array Int Int)) 1)"],
    REGEX: ["re.none", "re.all", "re.allchar", '(re.range "a" "c")', '(re.range "b" "a")'],
}
BY_SORT = {
    sort: [(text, args) for result, text, args in GRAMMAR if result == sort] for sort in LITERALS
}


@st.composite
def terms(draw, sort="Bool", depth=4):
    leaves = [*VARIABLES.get(sort, ()), *LITERALS[sort]]
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(leaves))
    text, args = draw(st.sampled_from(BY_SORT[sort]))
    return text.format(*(draw(terms(arg, depth - 1)) for arg in args))


def fractions():
    return st.builds(Fraction, st.integers(-8, 8), st.integers(1, 4)).map(str)


STRINGS = st.text(alphabet='ab7"\\éA', max_size=4)
ANSWERS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("i", "j"), st.integers(-9, 9)),
        **dict.fromkeys(("r", "s"), fractions()),
        **dict.fromkeys(("p", "q"), st.booleans()),
        **dict.fromkeys(("u", "v"), st.integers(0, 2**WIDTH - 1)),
        **dict.fromkeys(("w", "x"), STRINGS),
        **dict.fromkeys(("c", "d"), st.sampled_from(["red", "green", "blue"])),
        "a": st.fixed_dictionaries(
            {
                "default": st.integers(-2, 2),
                "entries": st.lists(
                    st.tuples(st.integers(-2, 2), st.integers(-3, 3)),
                    max_size=2,
                    unique_by=lambda entry: entry[0],
                ),
            }
        ),
    }
)


def judge_three_ways(formula, answer):
    instance = read_instance(SmtProblem(smtlib=f"{DECLARATIONS}(assert {formula})"))
    values = read_answer(instance, json.dumps(answer))
    ours = next((finding.verdict for finding in check(load(instance), values)), True)
    term = instance.constraints[0].term
    others = [
        decide(engine, instance, [term], values, timeout_ms=1_000)[0] for engine in (Z3(), Cvc5())
    ]
    return ours, others


def assert_agreement(formula, answer):
    ours, others = judge_three_ways(formula, answer)
    judgement = judge(domain, {"smtlib": f"{DECLARATIONS}(assert {formula})"}, json.dumps(answer))
    expected = {True: "accepted", False: "rejected", Absent.UNDEFINED: "rejected"}
    assert judgement.verdict == expected.get(ours, "unknown")
    assert "critic-crashed" not in judgement.codes, (formula, answer, judgement.diagnostics)
    settled = {other for other in (ours, *others) if isinstance(other, bool)}
    assert len(settled) <= 1, (formula, answer, ours, others)
    if isinstance(ours, bool):
        # An engine may be silent, but finds no second value where we found one.
        assert Absent.UNDEFINED not in others, (formula, answer, ours, others)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(formula=terms(), answer=ANSWERS)
def test_random_formulas_have_one_value(formula, answer):
    assert_agreement(formula, answer)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(formula=terms(), answer=ANSWERS)
def test_many_random_formulas_have_one_value(formula, answer):
    assert_agreement(formula, answer)


@pytest.mark.parametrize(("result", "template", "args"), GRAMMAR)
def test_every_operator_is_read_and_evaluated(result, template, args):
    formula = template.format(*(LITERALS[arg][0] for arg in args))
    if result != "Bool":
        formula = f'(str.in_re "a" {formula})' if result == REGEX else f"(= {formula} {formula})"
    instance = read_instance(SmtProblem(smtlib=f"{DECLARATIONS}(assert {formula})"))
    answer = dict.fromkeys("ij", 1) | dict.fromkeys("rsuv", 0) | dict.fromkeys("pq", False)
    answer |= dict.fromkeys("wx", "") | dict.fromkeys("cd", "red")
    values = read_answer(instance, json.dumps(answer | {"a": {"default": 0, "entries": []}}))
    verdicts = [finding.verdict for finding in check(load(instance), values)]
    assert Absent.RESIDUAL not in verdicts
