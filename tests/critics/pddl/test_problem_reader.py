import pytest

from critics.judge import judge
from critics.pddl import domain
from critics.pddl.problem_reader import read_task
from critics.types import ProblemError, Severity

DOMAIN = """(define (domain shop)
  (:requirements :strips :typing)
  (:types item place)
  (:constants till - place)
  (:predicates (in ?i - item ?p - place) (sold ?i - item))
  (:functions (price ?i - item))
  (:action sell :parameters (?i - item)
    :precondition (in ?i till)
    :effect (sold ?i)))"""
PROBLEM = """(define (problem day) (:domain shop)
  (:objects pen - item shelf - place)
  (:init (in pen till))
  (:goal (sold pen)))"""


def judge_with(plan="(sell pen)", *, change=(), problem=(), domain_text=DOMAIN):
    problem_text = PROBLEM
    for old, new in change:
        assert old in domain_text
        domain_text = domain_text.replace(old, new)
    for old, new in problem:
        assert old in problem_text
        problem_text = problem_text.replace(old, new)
    return judge(domain, {"domain": domain_text, "problem": problem_text}, plan)


def faults_of(**changes):
    with pytest.raises(ProblemError) as caught:
        judge_with(**changes)
    return [(fault.code, fault.at.line) for fault in caught.value.diagnostics]


def test_the_plain_task_is_read():
    judgement = judge_with()
    assert judgement.verdict.value == "accepted"
    assert [d.code for d in judgement.diagnostics] == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("(in ?i till)", "(inn ?i till)", "pddl-undeclared-predicate"),
        ("(in ?i till)", "(in ?i)", "pddl-problem-arity"),
        ("(in ?i till)", "(in ?j till)", "pddl-unbound-variable"),
        ("(in ?i till)", "(in ?i counter)", "pddl-undeclared-object"),
        ("(in ?i till)", "(in till ?i)", "pddl-problem-type"),
        ("(in ?i till)", "(> (cost ?i) 1)", "pddl-undeclared-function"),
        ("(in ?i till)", "(> (price ?i) cheap)", "pddl-syntax"),
        ("(in ?i till)", "in", "pddl-syntax"),
        ("(in ?i till)", "(not (in ?i till) (sold ?i))", "pddl-syntax"),
        ("(in ?i till)", "(in ?i till) (sold ?i)", "pddl-syntax"),
        ("(in ?i till)", "(> (price ?i) (/ 1 2 3))", "pddl-syntax"),
        ("(?i - item)\n", "(?i - thing)\n", "pddl-undeclared-type"),
        ("(?i - item)\n", "(?i ?i - item)\n", "pddl-duplicate-name"),
        ("(?i - item)\n", "(i - item)\n", "pddl-syntax"),
        (":effect (sold ?i)", ":effect (sald ?i)", "pddl-undeclared-predicate"),
        (":effect (sold ?i)", ":effect (increase (in ?i till) 1)", "pddl-undeclared-function"),
        (":effect (sold ?i)", ":effect (or (sold ?i))", "pddl-undeclared-predicate"),
        ("(:types item place)", "(:types item - place place - item)", "pddl-type-cycle"),
        ("(:types item place)", "(:types item place object - item)", "pddl-type-cycle"),
        (
            "(:constants till - place)",
            "(:constants till - place till - item)",
            "pddl-duplicate-name",
        ),
        ("(sold ?i - item))", "(sold ?i - item) (sold ?i))", "pddl-duplicate-name"),
        ("(:action sell", "(:action sell :parameters ()) (:action sell", "pddl-duplicate-name"),
        ("(define (domain shop)", "(define (domain shop) stray", "pddl-syntax"),
        ("(define (domain shop)", "(define (problem shop)", "pddl-syntax"),
        ("(define (domain shop)", "(define (domain shop)) (x", "pddl-syntax"),
        ("(define (domain shop)", "(defne (domain shop)", "pddl-syntax"),
        (":effect (sold ?i)))", ":effect (sold ?i))", "sexpr-unclosed"),
    ],
)
def test_a_fault_of_the_domain_is_an_error_of_the_problem(old, new, code):
    assert code in [found for found, _ in faults_of(change=[(old, new)])]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("(in pen till)", "(in pen counter)", "pddl-undeclared-object"),
        ("(in pen till)", "(in till pen)", "pddl-problem-type"),
        ("(in pen till)", "(in pen)", "pddl-problem-arity"),
        ("(in pen till)", "(inn pen till)", "pddl-undeclared-predicate"),
        ("(in pen till)", "(in pen till) (not (in pen till))", "pddl-contradictory-init"),
        ("(in pen till)", "(= (price pen) 1) (= (price pen) 2)", "pddl-contradictory-init"),
        ("(in pen till)", "(= (price pen) cheap)", "pddl-number"),
        ("(in pen till)", "(= (price pen) nan)", "pddl-number"),
        ("(in pen till)", "(= (price pen) 1e999999999)", "pddl-number"),
        ("(in pen till)", f"(= (price pen) {'9' * 100_000})", "pddl-number"),
        ("(in pen till)", "(= (cost pen) 1)", "pddl-undeclared-function"),
        ("(:goal (sold pen))", "", "pddl-missing-section"),
        ("(:goal (sold pen))", "(:goal (sold pen)) (:goal (sold pen))", "pddl-duplicate-name"),
        ("(:goal (sold pen))", "(:goal (sold pen) (sold pen))", "pddl-syntax"),
        ("pen - item", "pen - itm", "pddl-undeclared-type"),
        ("pen - item", "pen - item pen - place", "pddl-duplicate-name"),
        ("pen - item", "pen till - item", "pddl-duplicate-name"),
    ],
)
def test_a_fault_of_the_problem_is_an_error_of_the_problem(old, new, code):
    assert code in [found for found, _ in faults_of(problem=[(old, new)])]


def test_faults_of_both_texts_come_at_once_with_their_places():
    found = faults_of(
        change=[("(in ?i till)", "(inn ?i till)")], problem=[("(sold pen)", "(sold pan)")]
    )
    assert found == [("pddl-undeclared-predicate", 8), ("pddl-undeclared-object", 4)]


def test_faults_are_capped():
    with pytest.raises(ProblemError) as caught:
        judge_with(problem=[("(in pen till)", "(in pan till) " * 50)])
    assert len(caught.value.diagnostics) == 20
    assert caught.value.diagnostics[-1].notes == ("and 30 more faults in the problem",)


WARTS = [
    ("domain", ":effect (sold ?i)))", ":effect (sold ?i))))", "pddl-stray-parenthesis"),
    ("problem", "(:goal (sold pen)))", "(:goal (sold pen))))", "pddl-stray-parenthesis"),
    ("domain", "(domain shop)", "(domain 24h-shop)", "pddl-unusual-name"),
    ("domain", "(:requirements :strips :typing)", "", "pddl-undeclared-requirement"),
    ("domain", "(?i - item)\n", "(?i)\n", "pddl-loose-type"),
    (
        "domain",
        ":precondition (in ?i till)",
        ":precondition (and (in ?i till) (not (sold ?i)))",
        "pddl-undeclared-requirement",
    ),
    ("domain", "(define (domain", '(in-package "PDDL") (define (domain', "pddl-foreign-form"),
    ("domain", "(?i - item)\n", "(?i -item)\n", "pddl-glued-dash"),
    ("domain", "(sold ?i - item))", "(sold ?i - item) (sold ?j - item))", "pddl-repeated-name"),
    ("problem", "(:domain shop)", "(:domain market)", "pddl-other-domain"),
    ("problem", "(:domain shop)", "", "pddl-other-domain"),
    ("problem", "shelf - place", "shelf till - place", "pddl-repeated-name"),
    (
        "problem",
        "(:goal (sold pen))",
        "(:goal (sold pen)) (:metric minimize (total-time))",
        "pddl-metric-unread",
    ),
]


@pytest.mark.parametrize(("where", "old", "new", "code"), WARTS)
def test_a_wart_is_read_around_named_and_changes_no_verdict(where, old, new, code):
    changes = {"change" if where == "domain" else "problem": [(old, new)]}
    accepted, rejected = judge_with(**changes), judge_with("(sell pen) (x)", **changes)
    assert accepted.verdict.value == "accepted"
    assert rejected.verdict.value == "rejected"
    for judgement in (accepted, rejected):
        (wart, *_) = [d for d in judgement.diagnostics if d.code == code]
        assert wart.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("where", "old", "new", "part"),
    [
        ("domain", "(:action sell", "(:durative-action wait) (:action sell", "durative actions"),
        ("domain", "(:action sell", "(:process wait) (:action sell", "processes"),
        ("domain", "(:action sell", "(:event bell) (:action sell", "events"),
        ("domain", "(:action sell", "(:constraints (always (sold pen))) (:action sell", "traject"),
        ("domain", "(:action sell", "(:axiom) (:action sell", "the section `:axiom`"),
        ("domain", ":strips", ":strips :probabilistic-effects", "`:probabilistic-effects`"),
        ("domain", ":precondition", ":vars (?x) :precondition", "actions with `:vars`"),
        ("domain", "(price ?i - item)", "(home ?i - item) - place", "values are objects"),
        ("domain", "(in ?i till)", "(preference p (in ?i till))", "preferences"),
        ("domain", "till - place", "till - (either place item)", "`either` type"),
        ("domain", "(:types item place)", "(:types x - (either item place) item place)", "either"),
        ("problem", "(in pen till)", "(in pen till) (at 5 (in pen till))", "timed initial"),
        ("problem", "(:goal (sold pen))", "(:goal (preference p (sold pen)))", "preferences"),
        (
            "problem",
            "(:goal (sold pen))",
            "(:goal (forall (?i - item) (preference p (sold ?i))))",
            "preferences",
        ),
        ("problem", "(:init", "(:constraints (always (sold pen))) (:init", "trajectory"),
        ("problem", "(:init", "(:deadline 5) (:init", "the section `:deadline`"),
    ],
)
def test_what_is_not_supported_is_declared_and_never_accepted(where, old, new, part):
    changes = {"change" if where == "domain" else "problem": [(old, new)]}
    for plan in ("(sell pen)", "", "prose"):
        judgement = judge_with(plan, **changes)
        assert judgement.verdict.value == "unknown"
        assert part in " ".join(judgement.coverage.undecided)
        assert "not-covered" in judgement.codes


CUSTOMARY = """(DEFINE (DOMAIN 2Fast)
  (:requirements :strips)
  (:types aircraft city - object plane - aircraft)
  (:predicates (fly ?p) (plane ?x) (near ?c ?c) (at ?p - aircraft ?c - city))
  (:functions (total-cost) - number (d ?a ?b - city))
  (:action fly :parameters (?p - (either plane city) ?a?b - city)
    :precondition (and (at ?p ?a) (not (= ?a ?b)))
    :effect (and (at ?p ?b) (not (at ?p ?a)) (increase (total-cost) (d ?a ?b))))
  (:action 1st :effect (fly rome))
  (:action noop :parameters () :precondition () :effect ())
  (:action empty :parameters :precondition :effect)
  (:constants rome - city))"""
CUSTOMARY_PROBLEM = """(define (problem p) (:domain 2fast) (:requirements :adl)
  (:situation none) (:length (:serial 3) (:parallel 2))
  (:objects a - plane oslo - city) (:init (at A rome) (= (d rome oslo) 3/*) )
  (:goal (AND (at a Oslo) (fly rome))) (:metric minimize (total-cost)))""".replace("3/*", "3.5")


def test_customary_files_are_read():
    payload = {"domain": CUSTOMARY, "problem": CUSTOMARY_PROBLEM}
    judgement = judge(domain, payload, "(NOOP)\n(1st)\n(fly a rome oslo)\n(empty)")
    assert judgement.verdict.value == "accepted"
    (cost,) = [d for d in judgement.diagnostics if d.code == "pddl-plan-cost"]
    assert cost.data == {"cost": "3.5", "direction": "minimize"}
    warts = {d.code for d in judgement.diagnostics} - {"pddl-plan-cost"}
    assert warts == {
        "pddl-undeclared-requirement",
        "pddl-unusual-name",
        "pddl-implied-zero",
        "pddl-loose-type",
    }


def test_an_object_may_be_named_by_a_number():
    payload = {
        "domain": "(define (domain d) (:requirements :adl) (:constants 2) (:predicates (at ?x) (g))"
        "(:action go :parameters (?x) :precondition (not (= ?x 2)) :effect (at ?x)))",
        "problem": "(define (problem p) (:domain d) (:objects 1) (:init) (:goal (at 1)))",
    }
    assert judge(domain, payload, "(go 1)").verdict.value == "accepted"
    assert judge(domain, payload, "(go 2)").codes == ("pddl-precondition",)


def test_a_byte_order_mark_is_no_text():
    payload = {"domain": f"\ufeff{DOMAIN}", "problem": f"\ufeff{PROBLEM}\r\n"}
    assert judge(domain, payload, "\ufeff(sell pen)").verdict.value == "accepted"


def test_a_cost_that_a_condition_reads_is_not_taken_as_zero():
    change = [
        ("(:functions (price ?i - item))", "(:functions (total-cost))"),
        ("(in ?i till)", "(<= (total-cost) 5)"),
        ("(sold ?i)))", "(and (sold ?i) (increase (total-cost) 1))))"),
    ]
    assert judge_with(change=change).codes == ("pddl-undefined-value",)


@pytest.mark.parametrize("objects", ["(:objects)", ""])
def test_a_problem_may_have_no_objects_of_its_own(objects):
    judgement = judge_with(
        "",
        problem=[
            ("(:objects pen - item shelf - place)", objects),
            ("(in pen till)", ""),
            ("(:goal (sold pen))", "(:goal)"),
        ],
    )
    assert judgement.verdict.value == "accepted"


def test_all_recorded_problems_are_read_and_their_warts_named(planbench):
    for row in planbench.problems.values():
        task = read_task(row["domain_pddl"], row["problem_pddl"])
        assert task.undecided == ()
        codes = {d.code for d in task.warnings}
        warts = " ".join(row.get("warts") or ())
        assert ("closing parenthesis" in warts) == ("pddl-stray-parenthesis" in codes)
        assert ("start with a letter" in warts) == ("pddl-unusual-name" in codes)
        assert ("types without :typing" in warts) == ("pddl-undeclared-requirement" in codes)


@pytest.mark.parametrize(
    "text", ["", "(" * 1_000_000, ")" * 1_000_000, "()", "define", "(define)", "(define (domain))"]
)
def test_a_text_that_is_no_pddl_is_an_error_of_the_problem(text):
    for payload in ({"domain": text, "problem": PROBLEM}, {"domain": DOMAIN, "problem": text}):
        with pytest.raises(ProblemError):
            judge(domain, payload, "")


@pytest.mark.parametrize("depth", [150, 10_000])
@pytest.mark.parametrize(
    "head", ["not", "and (sold pen)", "or", "forall (?x)", "exists (?x - item)"]
)
def test_deep_nesting_is_decided_or_refused(head, depth):
    goal = f"({head} " * depth + "(sold pen)" + ")" * depth
    problem = [("(:goal (sold pen))", f"(:goal {goal})")]
    if depth > 200:
        assert faults_of(problem=problem) == [("sexpr-too-large", 4)]
    else:
        assert judge_with(problem=problem).verdict.value == "accepted"
