"""Proofs that are attached to a contradiction; they raise no assurance."""

import hashlib

import pytest

from critics.smt import domain
from critics.smt.engine import Query
from critics.smt.proof import attach_proof, write_script
from critics.types import Assurance, Feasible, Optimality

QUERY = Query(["(declare-const x Int)"], ["(> x 5)", "(< x 9)", "(< x 3)"])
CLASH = {
    "variables": {"x": {"type": "int"}},
    "constraints": [
        {"name": "high", "expr": "x > 5"},
        {"name": "other", "expr": "x != 7"},
        {"name": "low", "expr": "x < 3"},
    ],
}
BEST = {
    "variables": {"x": {"type": "int", "min": 0, "max": 3}},
    "constraints": [{"name": "odd", "expr": "x % 2 == 1"}],
    "objective": {"maximize": "x"},
}

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def engine():
    return pytest.importorskip("cvc5", reason="cvc5 is not installed")


def test_a_contradiction_has_a_proof_of_its_own_members():
    proof = attach_proof(QUERY, (0, 2))
    assert proof is not None
    assert proof.text is not None
    assert "(assume @p1 (> x 5))" in proof.text
    assert "(< x 9)" not in proof.text
    assert proof.sha256 == hashlib.sha256(proof.text.encode()).hexdigest()
    assert (proof.format, proof.size) == ("cpc", len(proof.text.encode()))
    assert proof.engine.startswith("cvc5 ")
    assert proof.problem == write_script(QUERY, (0, 2))


def test_what_can_hold_has_none():
    assert attach_proof(QUERY, (0, 1)) is None


def test_a_large_proof_is_named_by_its_hash_only(monkeypatch):
    whole = attach_proof(QUERY, (0, 2))
    monkeypatch.setattr("critics.smt.proof.MAX_TEXT", 10)
    cut = attach_proof(QUERY, (0, 2))
    assert whole is not None
    assert cut == whole.model_copy(update={"text": None, "problem": None})


def test_an_attached_proof_leaves_the_assurance_at_cross():
    found = domain.feasibility(domain.problem(**CLASH))
    assert (found.status, found.assurance) == (Feasible.INFEASIBLE, Assurance.CROSS)
    assert found.proof is not None
    assert found.proof.problem is not None
    assert "7" not in found.proof.problem
    best = domain.optimality(domain.problem(**BEST), '{"x": 3}')
    assert (best.status, best.assurance) == (Optimality.OPTIMAL, Assurance.CROSS)
    assert best.proof is not None
