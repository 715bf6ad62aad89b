import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critics.certificate import NotCertifiable, Order, Provenance, certify
from critics.envelope import Envelope
from critics.statement import (
    Formalized,
    Signer,
    embed,
    mint,
    read_envelope,
    read_statement,
    write_scope,
    write_statement,
)
from critics.types import Assurance, Coverage

ROOT = Path(__file__).parents[2]
TEXTS = st.text(st.characters(codec="utf-8"))
ORDERS = st.builds(
    Order,
    id=TEXTS,
    issued_at=st.datetimes(timezones=st.just(UTC)),
    provenance=st.builds(
        Provenance,
        origin=TEXTS,
        run=st.none() | TEXTS,
        rounds=st.none() | st.integers(),
        models=st.lists(st.text()).map(tuple),
        usage=st.dictionaries(
            TEXTS, st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        ),
        formalized=st.none() | st.builds(Formalized, made_by=st.text(), confirmed=st.booleans()),
    ),
    limits=st.dictionaries(TEXTS, st.integers() | st.booleans()),
    signer=st.none() | st.builds(Signer, keyid=TEXTS, public_key=TEXTS),
    embed_bytes=st.integers(0, 20),
)


@given(ORDERS, st.dictionaries(TEXTS, TEXTS | st.integers()), TEXTS)
def test_writing_and_reading_are_inverse(order: Order, payload: dict[str, Any], text: str) -> None:
    minted = mint(
        order,
        payload,
        claim="answer",
        text=text,
        domain="toy",
        domain_version="1",
        coverage=Coverage(),
        assurance=Assurance.SINGLE,
        opinions=(),
        warnings=(),
    )
    statement = write_statement(minted)
    assert write_statement(read_statement(statement)) == statement
    assert read_envelope(Envelope(statement).encode()) == read_statement(statement)


@given(TEXTS, st.integers(0, 40))
def test_a_text_is_held_or_only_named(text: str, most: int) -> None:
    held = embed(text.encode(), most)
    assert held.sha256 == embed(text.encode()).sha256
    assert held.text == (text if len(text.encode()) <= most else None)


def test_a_scope_cannot_be_written_by_whoever_names_a_model() -> None:
    made = Formalized(made_by="model:{confirmed}{0}", confirmed=True)
    assert "model:{confirmed}{0}, confirmed by" in write_scope(
        "answer", Provenance(formalized=made)
    )


STATEMENT = json.loads(
    write_statement(
        certify(
            "smt",
            {"smtlib": "(declare-const x Int)(assert (> x 3))"},
            '{"x": 4}',
            Order(id="c1", issued_at=datetime(2026, 1, 2, tzinfo=UTC)),
        )
    )
)


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://llm-modulo.dev/certificate/v2"},
        {"predicate": None},
        {"subject": []},
        {"subject": STATEMENT["subject"][:1]},
        {"subject": [*STATEMENT["subject"], {"name": "x", "digest": {"sha256": "0"}}]},
        {"more": 1},
    ],
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    assert read_statement(json.dumps(STATEMENT).encode()).id == "c1"
    with pytest.raises(NotCertifiable):
        read_statement(json.dumps(STATEMENT | change).encode())


def test_a_later_version_may_know_more_than_an_earlier_one_wrote() -> None:
    older = json.loads(json.dumps(STATEMENT))
    del older["predicate"]["provenance"]["formalized"]
    assert read_statement(json.dumps(older).encode()).provenance.formalized is None


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func
            yield name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")


def test_only_the_two_that_prove_mint() -> None:
    minting = [
        file.relative_to(ROOT).as_posix()
        for package in ("critics", "backprompt", "app")
        for file in sorted((ROOT / package).rglob("*.py"))
        if "mint" in calls(ast.parse(file.read_text("utf-8")))
    ]
    assert minting == ["critics/certificate.py"]
