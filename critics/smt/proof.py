"""Proofs of contradictions, written by cvc5 for somebody else to check.

A proof that is attached raises no assurance: nothing here checks it. `docs/trust.md` says how to.
"""

import hashlib
from collections.abc import Sequence

from critics.smt.cvc5_engine import Cvc5
from critics.smt.engine import Query
from critics.types import Proof

PROOF_MS = 2_000
MAX_TEXT = 200_000
"""Bytes of the longest proof, and of the longest script, that is attached as it stands."""


def attach_proof(query: Query, members: Sequence[int]) -> Proof | None:
    """Have a proof written that some assertions of a query contradict each other.

    Returns:
        Nothing where cvc5 is not installed or writes none in time.
    """
    try:
        engine = Cvc5()
    except ImportError:
        return None
    script = write_script(query, members)
    proof = engine.prove(script, timeout_ms=PROOF_MS)
    if proof is None:
        return None
    return Proof(
        format="cpc",
        engine=engine.name,
        sha256=hashlib.sha256(proof).hexdigest(),
        size=len(proof),
        text=proof.decode() if len(proof) <= MAX_TEXT else None,
        problem=script if len(script) <= MAX_TEXT else None,
    )


def write_script(query: Query, members: Sequence[int]) -> str:
    """Write the assertions as a script of its own."""
    lines = [
        "(set-logic ALL)",
        *query.declarations,
        *(f"(assert {query.assertions[at]})" for at in members),
        "(check-sat)",
    ]
    return "\n".join(lines) + "\n"
