import pytest

from critics.judge import judge
from critics.pddl import domain
from critics.types import ProblemError

DOMAIN = """(define (domain net) (:requirements :adl :derived-predicates :numeric-fluents)
  (:types node - object)
  (:predicates (link ?a ?b - node) (reach ?a ?b - node) (lost ?a - node) (even ?a - node)
               (odd ?a - node) (start ?a - node) (all-even) (heavy ?a - node))
  (:functions (w ?a - node))
  {rules}
  (:action cut :parameters (?a ?b - node) :effect (not (link ?a ?b)))
  (:action mark :parameters () :effect (forall (?a ?c - node)
    (when (exists (?b - node) (and (link ?a ?b) (link ?b ?c) (> (+ (w ?b) (w ?c)) 1)))
          (start ?c))))
  (:action join :parameters (?a ?b - node) :precondition (lost ?b) :effect (link ?a ?b)))"""
RULES = """
  (:derived (reach ?a ?b - node)
    (or (link ?a ?b) (exists (?c - node) (and (reach ?a ?c) (reach ?c ?b)))))
  (:derived (lost ?a) (forall (?s - node) (imply (start ?s) (not (reach ?s ?a)))))
  (:derived (even ?a - node) (start ?a))
  (:derived (even ?a - node) (exists (?b - node) (and (odd ?b) (link ?b ?a))))
  (:derived (odd ?a - node) (exists (?b - node) (and (even ?b) (link ?b ?a))))
  (:derived (all-even) (forall (?a - node) (even ?a)))
  (:derived (heavy ?a - node) (> (w ?a) 1))"""


def judge_net(goal, plan="", rules=RULES, init="(link a b) (link b c) (start a) (= (w a) 2)"):
    payload = {
        "domain": DOMAIN.format(rules=rules),
        "problem": "(define (problem p) (:domain net) (:objects a b c d - node)"
        f"(:init {init}) (:goal {goal}))",
    }
    return judge(domain, payload, plan)


@pytest.mark.parametrize(
    ("goal", "plan", "verdict"),
    [
        ("(reach a c)", "", "accepted"),
        ("(reach a d)", "", "rejected"),
        ("(reach c a)", "", "rejected"),
        ("(and (lost d) (not (lost c)))", "", "accepted"),
        ("(lost c)", "(cut b c)", "accepted"),
        ("(reach a d)", "(join c d)", "accepted"),
        ("(reach a a)", "(join c c)", "rejected"),
        ("(and (even a) (odd b) (even c) (not (odd a)))", "", "accepted"),
        ("(and (even b) (odd b))", "(cut b c)\n(join b c)\n(cut a b)\n(join a b)", "rejected"),
        ("(all-even)", "", "rejected"),
        ("(exists (?x - node) (and (heavy ?x) (start ?x)))", "", "unknown"),
    ],
)
def test_rules_have_their_least_fixpoint(goal, plan, verdict):
    assert judge_net(goal, plan).verdict.value == verdict


def test_a_comparison_in_a_rule_that_is_defined_everywhere_decides():
    values = " ".join(f"(= (w {node}) {i})" for i, node in enumerate("abcd"))
    assert judge_net("(and (heavy c) (not (heavy b)))", init=values).verdict.value == "accepted"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("(:derived (odd ?a - node) (not (odd ?a)))", "pddl-unstratified"),
        (
            "(:derived (odd ?a - node) (not (even ?a))) (:derived (even ?a - node) (odd ?a))",
            "pddl-unstratified",
        ),
        (
            "(:derived (odd ?a - node) (imply (odd ?a) (even ?a)))",
            "pddl-unstratified",
        ),
        ("(:derived (link ?a ?b - node) (link ?b ?a))", "pddl-derived-changed"),
        ("(:derived (odd ?a ?b - node) (start ?a))", "pddl-problem-arity"),
        ("(:derived (odd a) (start a))", "pddl-syntax"),
        ("(:derived (odd ?a - node))", "pddl-syntax"),
        ("(:derived (unheard ?a - node) (start ?a))", "pddl-undeclared-predicate"),
    ],
)
def test_rules_without_a_meaning_are_errors(rules, code):
    with pytest.raises(ProblemError) as caught:
        judge_net("(start a)", rules=rules)
    assert code in [fault.code for fault in caught.value.diagnostics]


def test_positive_recursion_through_a_universal_is_no_negation():
    rules = "(:derived (odd ?a - node) (forall (?b - node) (imply (link ?a ?b) (odd ?b))))"
    init = "(link a b) (link b c) (link d d)"
    assert judge_net("(odd a)", rules=rules, init=init).verdict.value == "accepted"
    assert judge_net("(odd d)", rules=rules, init=init).verdict.value == "rejected"


def test_long_chains_of_rules_need_no_stack():
    count = 3_000
    predicates = " ".join(f"(p{i})" for i in range(count))
    rules = " ".join(f"(:derived (p{i + 1}) (p{i}))" for i in range(count - 1))
    payload = {
        "domain": f"(define (domain d) (:predicates {predicates}) {rules})",
        "problem": f"(define (problem q) (:domain d) (:init (p0)) (:goal (p{count - 1})))",
    }
    assert judge(domain, payload, "").verdict.value == "accepted"


def test_a_rule_with_two_recursive_atoms_sees_the_news_of_both():
    rules = """(:derived (even ?a - node) (start ?a))
      (:derived (even ?a - node) (odd ?a))
      (:derived (odd ?a - node)
        (exists (?c ?b - node) (and (even ?c) (even ?b) (start ?c) (link ?b ?a))))"""
    judgement = judge_net("(odd d)", rules=rules, init="(link a b) (link b c) (link c d) (start a)")
    assert judgement.verdict.value == "accepted"


NETWORK = (
    "(link a b) (link a c) (link b d) (link c d) (link c c) "
    "(= (w a) 0) (= (w b) 2) (= (w c) 0.4) (= (w d) 1)"
)


@pytest.mark.parametrize(("goal", "verdict"), [("d", "accepted"), ("c", "rejected")])
def test_bindings_survive_a_comparison_that_is_made_sure_of(goal, verdict):
    rules = """(:derived (reach ?a ?c - node) (exists (?b - node)
      (and (link ?a ?b) (link ?b ?c) (> (+ (w ?b) (w ?c)) 1))))"""
    assert judge_net(f"(reach a {goal})", rules=rules, init=NETWORK).verdict.value == verdict
    marked = judge_net(f"(start {goal})", "(mark)", rules="", init=NETWORK)
    assert marked.verdict.value == verdict
