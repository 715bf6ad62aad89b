"""The single-file checker never contradicts the kernel, and needs nothing of it."""

import ast
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from critics.certificate import Order, Signer, certify, certify_infeasible
from critics.ed25519 import PrivateKey
from critics.envelope import Envelope, Signature, open_envelope, pae
from critics.judge import judge
from critics.pddl import PddlProblem, load
from critics.pddl import domain as pddl
from critics.pddl.examples import EXAMPLES as PLANS
from critics.pddl.mutants import mutate
from critics.smt import domain as smt
from critics.smt.examples import EXAMPLES as ASSIGNMENTS
from critics.statement import write_statement
from critics.types import KernelError, Verdict
from critics.verification import Outcome, open_certificate, verify
from tests.critics.pddl import random_tasks
from tests.critics.pddl.random_tasks import write_task
from tests.critics.smt import test_engines_agree as terms

SCRIPT = Path(__file__).parent.parent / "docs" / "verify_certificate.py"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
STRINGS = ("String", "RegLan")
COSTLY = """
(define (domain d) (:requirements :strips :action-costs) (:predicates (at ?x) (road ?x ?y))
 (:functions (total-cost))
 (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
  :effect (and (not (at ?x)) (at ?y) (increase (total-cost) 1))))
"""
NOWHERE = """
(define (problem p) (:domain d) (:objects a b c)
 (:init (at a) (road a b) (road b a) (= (total-cost) 0)) (:goal (at c)))
"""


def load_checker():
    spec = importlib.util.spec_from_file_location("verify_certificate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


checker = load_checker()


def ask(check, problem, text):
    """Give the checker's verdict, and why it has none."""
    try:
        check(problem, text)
    except checker.Refuted:
        return Verdict.REJECTED, ""
    except checker.CannotDecide as error:
        return Verdict.UNKNOWN, str(error)
    return Verdict.ACCEPTED, ""


def compare(domain, problem, text):
    """Judge with both; the checker may be silent, and says so."""
    check = checker.check_plan if domain is pddl else checker.check_assignment
    ours = judge(domain, problem, text).verdict
    theirs, why = ask(check, problem, text)
    assert theirs in (ours, Verdict.UNKNOWN), (problem, text, ours, theirs, why)
    return theirs


def seal(certificate, key=None):
    """Put a certificate into an envelope."""
    payload = write_statement(certificate)
    signed = (Signature(key.public.keyid, key.sign(pae(payload))),) if key else ()
    return Envelope(payload, signed).encode().encode()


@pytest.fixture(scope="module")
def key():
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def signed(key):
    signer = Signer(keyid=key.public.keyid, public_key=key.public.to_base64(), kind="ephemeral")
    example = PLANS[0]
    order = Order(id="c", issued_at=NOW, signer=signer)
    return seal(certify("pddl", example.problem, example.good[0], order), key)


def test_uses_nothing_but_the_standard_library():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    found = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert found <= sys.stdlib_module_names


def test_runs_by_itself(tmp_path, signed, key):
    certificate, trusted = tmp_path / "certificate.json", tmp_path / "key.pem"
    certificate.write_bytes(signed)
    trusted.write_text(key.public.to_pem())
    command = [sys.executable, "-I", "-S", SCRIPT, certificate, "--key", trusted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED: claim `answer` of domain `pddl`\n")
    assert "signed by the key you trust" in done.stdout


def test_refutes_a_signature_by_another_key(signed):
    other = PrivateKey.generate().public.to_pem()
    with pytest.raises(checker.Refuted, match="no valid signature"):
        checker.verify(signed, key=other)
    assert checker.verify(signed, key=other, signature=False)[-1] == "signature not checked"


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0), st.integers(1, 255))
def test_notices_a_changed_byte(signed, place, change):
    altered = bytearray(signed)
    altered[place % len(altered)] ^= change
    with pytest.raises((checker.Refuted, checker.CannotDecide)):
        checker.verify(bytes(altered))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"payloadType":1}', b"\xff"])
def test_refutes_what_is_no_certificate(content):
    with pytest.raises(checker.Refuted):
        checker.verify(content)


@pytest.mark.parametrize(
    ("name", "example", "text"),
    [
        (name, example, text)
        for name, examples in (("pddl", PLANS), ("smt", ASSIGNMENTS))
        for example in examples
        for text in example.good
    ],
)
def test_agrees_on_the_domains_own_examples(name, example, text):
    domain = pddl if name == "pddl" else smt
    document = seal(certify(name, example.problem, text, Order(id="c", issued_at=NOW)))
    if re.search("derived|declare-const code String", json.dumps(example.problem)):
        with pytest.raises(checker.CannotDecide, match=r":derived|String"):
            checker.verify(document)
    else:
        assert checker.verify(document)[0] == f"claim `answer` of domain `{name}`"
    for wrong in example.bad:
        assert compare(domain, example.problem, wrong) is not Verdict.ACCEPTED


def test_agrees_on_recorded_plans_and_their_mutants(planbench):
    judged = 0
    for problem in [p for p in planbench.problems.values() if p["witness_plan"]][::7]:
        payload = planbench.payload(problem["id"])
        plan = problem["witness_plan"]
        text = plan if isinstance(plan, str) else "\n".join(plan)
        assert compare(pddl, payload, text) is Verdict.ACCEPTED
        mutants = [m.text for m in mutate(load(PddlProblem(**payload)), text)][:16]
        judged += len(mutants)
        for mutant in mutants:
            assert compare(pddl, payload, mutant) is not Verdict.UNKNOWN
    assert judged >= 2_000


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0))
def test_agrees_on_random_tasks(seed):
    """Conditional effects, quantifiers and numbers; without derived predicates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random_tasks, "DERIVED", {})
        patch.setattr(random_tasks.Writer, "rules", lambda _self: iter(()))
        domain, problem, _, steps = write_task(seed)
    text = "\n".join(f"({' '.join((name, *row))})" for name, row in steps)
    try:
        found = compare(pddl, {"domain": domain, "problem": problem}, text)
    except KernelError:
        return
    assert found is not Verdict.UNKNOWN


GRAMMAR = [
    (sort, text, args)
    for sort, text, args in terms.GRAMMAR
    if not {sort, *args} & set(STRINGS) and "forall" not in text and "exists" not in text
]
BY_SORT = {
    sort: [(text, args) for result, text, args in GRAMMAR if result == sort]
    for sort in terms.LITERALS
    if sort not in STRINGS
}
DECLARATIONS = re.sub(r"\(declare-const \w String\)", "", terms.DECLARATIONS)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_agrees_on_random_formulas(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "BY_SORT", BY_SORT)
        formula = data.draw(terms.terms())
    answer = data.draw(terms.ANSWERS)
    values = {name: value for name, value in answer.items() if name not in ("w", "x")}
    compare(smt, {"smtlib": f"{DECLARATIONS}(assert {formula})"}, json.dumps(values))


def test_shows_again_that_no_plan_exists(planbench):
    problems = [p for p in planbench.problems.values() if p["solvable"] is False][::29]
    for problem in problems:
        payload = planbench.payload(problem["id"])
        made = certify_infeasible("pddl", payload, Order(id="c", issued_at=NOW))
        states = made.feasibility.diagnostics[0].data["states"]
        assert f" {states:,} states" in checker.verify(seal(made))[1]


def test_costs_make_no_new_states():
    problem = {"domain": COSTLY, "problem": NOWHERE}
    assert "none of the 2 states" in checker.check_no_plan(problem)
    with pytest.raises(checker.Refuted, match="a plan exists"):
        checker.check_no_plan({**problem, "problem": NOWHERE.replace("(at c)", "(at b)")})


def test_a_text_that_is_not_embedded_is_compared_with_its_hash():
    example = PLANS[0]
    order = Order(id="c", issued_at=NOW, embed_bytes=5)
    made = certify("pddl", example.problem, example.good[0], order)
    document, answer = seal(made), example.good[0].encode()
    with pytest.raises(checker.CannotDecide, match="--problem"):
        checker.verify(document)
    problem = json.dumps(
        example.problem, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert checker.verify(document, problem=problem, answer=answer)
    with pytest.raises(checker.Refuted, match="not the one that was certified"):
        checker.verify(document, problem=problem, answer=answer + b" ")
    written = json.dumps(example.problem, indent=1).encode()
    assert checker.verify(document, problem=written, answer=answer + b"\n")
    with pytest.raises(checker.Refuted, match="not the one that was certified"):
        checker.verify(document, problem=b'{"domain":""}', answer=answer)


def test_does_not_claim_what_it_did_not_show():
    problem = {
        "variables": {"x": {"type": "int", "min": 0, "max": 3}},
        "constraints": [{"name": "odd", "expr": "x % 2 == 1"}],
        "objective": {"maximize": "x"},
    }
    order = Order(id="c", issued_at=NOW)
    best = certify("smt", problem, '{"x": 3}', order, compare=True)
    assert best.claim == "optimal"
    with pytest.raises(checker.CannotDecide, match="no answer is better is not shown"):
        checker.verify(seal(best))
    impossible = {**problem, "constraints": [{"name": "odd", "expr": "2 * x == 1"}]}
    with pytest.raises(checker.CannotDecide, match="`infeasible`"):
        checker.verify(seal(certify_infeasible("smt", impossible, order)))


def change(document, edit, key):
    """Change the Statement of a signed certificate and sign it again."""
    statement = json.loads(open_envelope(document).payload)
    edit(statement)
    payload = json.dumps(statement).encode()
    return Envelope(payload, (Signature(key.public.keyid, key.sign(pae(payload))),)).encode()


@pytest.mark.parametrize(
    "edit",
    [
        lambda held: held["predicate"].update(schema_version=2),
        lambda held: held["predicate"].update(schema_version=True),
        lambda held: held["predicate"].update(more=1),
        lambda held: held["predicate"].pop("signer"),
        lambda held: held["predicate"].update(candidate=None),
        lambda held: held["predicate"].update(claim="infeasible"),
        lambda held: held["predicate"].update(product="\ud800"),
        lambda held: held["predicate"]["signer"].update(keyid="0"),
        lambda held: held["predicate"]["problem"].update(text="{}"),
        lambda held: held.update(subject=None),
        lambda held: held.update(more=1),
    ],
)
def test_refutes_what_is_not_written_as_a_certificate(edit, signed, key):
    problem = open_certificate(signed).certificate.problem.text.encode()
    assert checker.verify(change(signed, lambda _: None, key).encode(), problem=problem)
    altered = change(signed, edit, key).encode()
    assert verify(altered).outcome is Outcome.REFUTED
    with pytest.raises(checker.Refuted):
        checker.verify(altered, problem=problem)


def test_refutes_envelopes_that_have_two_readings(signed):
    held = json.loads(signed)
    one = held["signatures"][0]
    for changed in (
        {**held, "more": 1},
        {**held, "signatures": None},
        {**held, "signatures": [5]},
        {**held, "signatures": [{**one, "more": 1}]},
        {**held, "signatures": [{**one, "sig": one["sig"] + "\n"}]},
    ):
        with pytest.raises(checker.Refuted):
            checker.verify(json.dumps(changed).encode())
    for content in (b"[" * 100_000, signed.decode().encode("utf-16"), b"\xef\xbb\xbf" + signed):
        with pytest.raises(checker.Refuted):
            checker.verify(content)


def test_one_signature_that_holds_is_enough(signed):
    held = json.loads(signed)
    wrong = {**held["signatures"][0], "sig": "AAAA"}
    several = {**held, "signatures": [wrong, *held["signatures"]]}
    assert checker.verify(json.dumps(several).encode())
    assert verify(several).outcome is Outcome.VERIFIED


def hand_over(domain, problem, answer):
    """Put a problem and an answer into an envelope that nobody has certified."""
    texts = {"problem": json.dumps(problem), "answer": answer}
    parts = {
        name: {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in texts.items()
    }
    predicate = dict.fromkeys(checker.MEMBERS.split())
    predicate |= {"domain": domain, "claim": "answer", "schema_version": 1}
    predicate |= {"problem": parts["problem"], "candidate": parts["answer"]}
    subject = [{"name": n, "digest": {"sha256": p["sha256"]}} for n, p in parts.items()]
    types = {"_type": checker.STATEMENT_TYPE, "predicateType": checker.PREDICATE_TYPE}
    statement = json.dumps({**types, "subject": subject, "predicate": predicate})
    return Envelope(statement.encode()).encode().encode()


@pytest.mark.parametrize("depth", [900, 100_000])
def test_depth_ends_in_a_verdict(depth):
    deep = "(not " * depth + "{}" + ")" * depth
    plain = PLANS[0].problem["domain"]
    goal = f"(define (problem p) (:domain d) (:init) (:goal {deep.format('(and)')}))"
    script = f"(declare-const p Bool)(assert {deep.format('p')})"
    for domain, problem, answer in (
        ("pddl", {"domain": plain, "problem": goal}, ""),
        ("smt", {"smtlib": script}, '{"p": true}'),
        (
            "smt",
            {
                "variables": {"p": {"type": "bool"}},
                "constraints": [{"name": "c", "expr": "not " * depth + "p"}],
            },
            '{"p": true}',
        ),
    ):
        document = hand_over(domain, problem, answer)
        if depth < 1_000:
            assert checker.verify(document)
        else:
            with pytest.raises(checker.CannotDecide):
                checker.verify(document)
