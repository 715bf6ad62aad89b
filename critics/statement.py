"""Statements: the form of a certificate, as in-toto Statement v1 with our predicate.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. The Statement's
bytes are the payload of a DSSE envelope (`critics.envelope`); they are what is signed.

Invariants:
    * A certificate names the exact bytes that were judged, and holds them unless they are large.
    * Only `mint()` and `read_statement()` make a `Certificate`, and none can be changed. One that
      was read says what it says: whether that is true is for `critics.verification` to find.
    * No prompt, no response and no private key is in a certificate.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal, Self, TypeAlias

from pydantic import (
    AwareDatetime,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from critics.envelope import EnvelopeError, open_envelope, read_json
from critics.judge import spell_out
from critics.refusals import altered, invalid
from critics.types import (
    Assurance,
    Comparison,
    Coverage,
    CriticResult,
    Diagnostic,
    Feasibility,
    Frozen,
    Judgement,
    KernelError,
    Opinion,
)

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://llm-modulo.dev/certificate/v1"
EMBED_BYTES = 1 << 20
"""A longer problem or answer is named by its hash only."""
MODEL_CHARS = 200
MAX_DEPTH = 64
"""Levels of nesting; what is nested deeper could be read, but not always be shown again."""

ANSWER_SCOPE = (
    "The answer satisfies every part of the problem that is listed as decided, relative to the "
    "problem as given here. Whether that problem describes the world is not certified."
)
SCOPES = {
    "answer": ANSWER_SCOPE,
    "optimal": f"{ANSWER_SCOPE} No answer is better by the problem's objective.",
    "infeasible": "The problem as given here has no answer. Whether it describes the world is not "
    "certified.",
}
TESTED_SCOPE = (
    "The answer passed the tests that the problem holds, and nothing else is certified of it: it "
    "is tested, not proved."
)
FORMALIZED = (
    "The problem was written in plain language and formalised by {by}, {confirmed} by the user: "
    "the guarantee is relative to this formalisation."
)
Claim: TypeAlias = Literal["answer", "optimal", "infeasible"]
_MINT = object()


class NotCertifiable(KernelError):
    """There is no certificate for this, or the document is not one.

    Attributes:
        judgement: What the critics say, if they were asked.
    """

    def __init__(self, diagnostic: Diagnostic, judgement: Judgement | None = None) -> None:
        super().__init__([diagnostic])
        self.judgement = judgement


class Formalized(Frozen):
    """How a problem in plain language became a formal one. Recorded, not proved."""

    made_by: str
    """`parser:NAME` or `model:NAME`."""
    confirmed: bool
    """Whether the user has confirmed it."""
    text_sha256: str | None = None
    """SHA-256 of the user's text in UTF-8."""

    @field_validator("made_by")
    @classmethod
    def _is_shown(cls, made_by: str) -> str:
        return spell_out(made_by)[:MODEL_CHARS]


class Provenance(Frozen):
    """Where an answer came from. Recorded, not proved."""

    origin: str = "model"
    """Who found the answer: `model`, `user` or `solver`; `solver_repair` is the model after it was
    shown a solver's values; `model_guided_search` and `search` are searches over verified prefixes
    with and without a model."""
    run: str | None = None
    rounds: int | None = None
    models: tuple[str, ...] = ()
    """As their endpoints call them."""
    usage: dict[str, JsonValue] = Field(default_factory=dict)
    """Calls, tokens, seconds and cost of the whole run so far."""
    formalized: Formalized | None = None
    search: dict[str, JsonValue] | None = None
    """What a search over verified prefixes took, and how much a model contributed to it."""

    @field_validator("models")
    @classmethod
    def _are_shown(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(spell_out(name)[:MODEL_CHARS] for name in models)


class Signer(Frozen):
    """Whose signature is to stand under a certificate. Anybody may name any key."""

    keyid: str
    public_key: str
    """DER (SubjectPublicKeyInfo) in base64."""
    kind: Literal["configured", "ephemeral"]
    """An `ephemeral` key is made when a process starts and is gone with it."""


class Text(Frozen):
    """A text by its hash, and where it is not too large as it stands."""

    sha256: str
    """Of the text in UTF-8, in hexadecimal."""
    text: str | None


class Certificate(Frozen):
    """What was proved. Made by `certify()` and `certify_infeasible()` only."""

    schema_version: Literal[1] = 1
    id: str
    issued_at: AwareDatetime
    product: str
    """Name and version of the software that has certified."""
    claim: Claim
    """`answer`: the candidate solves the problem. `optimal`: an engine refuted every better one,
    too. `infeasible`: no answer exists."""
    domain: str
    domain_version: str
    problem: Text
    """The payload as `canonical` writes it."""
    candidate: Text | None
    """The canonical answer; none where none exists."""
    critics: tuple[CriticResult, ...]
    coverage: Coverage
    assurance: Assurance
    opinions: tuple[Opinion, ...]
    """Independent engines, with their versions."""
    optimality: Comparison | None
    """How the answer compares with all others, where the problem has an objective. Proved again
    for the claim `optimal`, else only recorded."""
    feasibility: Feasibility | None
    """The evidence of `infeasible`."""
    warnings: tuple[Diagnostic, ...]
    limits: dict[str, JsonValue]
    """What the critics were allowed: seconds and memory."""
    provenance: Provenance
    scope: str
    """What the guarantee is relative to, in a sentence."""
    signer: Signer | None
    """`None` where nobody was to sign."""

    @model_validator(mode="before")
    @classmethod
    def _minted(cls, data: Any, info: ValidationInfo) -> Any:
        context = info.context
        if not isinstance(context, Mapping) or context.get("mint") is not _MINT:
            raise TypeError("a certificate is made by `certify()` and read by `read_statement()`")
        return data

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy, but refuse to change anything."""
        if update:
            raise TypeError("a certificate cannot be changed; make another with `certify()`")
        return super().model_copy(deep=deep)


class Order(Frozen):
    """What a certificate is to say beside what is proved."""

    id: str
    issued_at: AwareDatetime
    provenance: Provenance = Provenance()
    limits: dict[str, JsonValue] = Field(default_factory=dict)
    signer: Signer | None = None
    embed_bytes: int = EMBED_BYTES


def mint(
    order: Order, payload: Mapping[str, JsonValue], *, claim: Claim, text: str | None, **proved: Any
) -> Certificate:
    """Fill in a certificate. Called where the claim was just proved, and nowhere else.

    Args:
        order: Its id, the time and what is recorded.
        payload: The problem.
        claim: What was proved.
        text: The canonical answer, if there is one.
        **proved: The other fields of `Certificate` that speak of the proof.
    """
    answer = None if text is None else embed(text.encode(), order.embed_bytes)
    absent = {"critics": (), "optimality": None, "feasibility": None}
    fields = {
        **absent,
        **proved,
        "id": order.id,
        "issued_at": order.issued_at,
        "product": f"llm-modulo {version('llm-modulo')}",
        "claim": claim,
        "problem": embed(canonical(payload), order.embed_bytes),
        "candidate": answer,
        "limits": order.limits,
        "provenance": order.provenance,
        "scope": write_scope(claim, order.provenance, proved["assurance"]),
        "signer": order.signer,
    }
    return Certificate.model_validate(fields, context={"mint": _MINT})


def embed(content: bytes, most: int = EMBED_BYTES) -> Text:
    """Name a text by its hash, and hold it if it has no more than `most` bytes."""
    return Text(sha256=digest(content), text=content.decode() if len(content) <= most else None)


def write_scope(
    claim: Claim, provenance: Provenance, assurance: Assurance = Assurance.SINGLE
) -> str:
    """Say what the guarantee is relative to, and that tests prove nothing but themselves."""
    made = provenance.formalized
    scope = TESTED_SCOPE if assurance is Assurance.TESTED else SCOPES[claim]
    if made is None:
        return scope
    confirmed = "confirmed" if made.confirmed else "not confirmed"
    return f"{scope} {FORMALIZED.format(by=made.made_by, confirmed=confirmed)}"


def write_statement(certificate: Certificate) -> bytes:
    """Write the in-toto Statement: the bytes that are signed."""
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": _subject(certificate),
        "predicateType": PREDICATE_TYPE,
        "predicate": certificate.model_dump(mode="json"),
    }
    return json.dumps(
        statement, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def read_statement(statement: bytes) -> Certificate:
    """Read a certificate. It says what it says: whether that is true is for `verify` to find.

    Raises:
        NotCertifiable: The bytes are no certificate.
    """
    try:
        held = read_json(statement)
        if not isinstance(held, dict) or set(held) != {
            *("_type", "subject", "predicateType", "predicate")
        }:
            raise EnvelopeError("an in-toto Statement has other members")
        if _is_deep(held):
            raise EnvelopeError(f"it nests deeper than {MAX_DEPTH} levels")
        if (held["_type"], held["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise EnvelopeError(f"not a `{STATEMENT_TYPE}` of `{PREDICATE_TYPE}`")
        certificate = Certificate.model_validate(held["predicate"], context={"mint": _MINT})
        written = certificate.model_dump(mode="json", exclude_unset=True)
        if _spell(written) != _spell(held["predicate"]):
            raise EnvelopeError("a value is not written as certificates write it")
    except (ValidationError, ValueError, RecursionError) as error:
        raise NotCertifiable(invalid(error)) from error
    if held["subject"] != _subject(certificate):
        raise NotCertifiable(altered("subject"))
    return certificate


def read_envelope(document: Mapping[str, Any] | bytes | str) -> Certificate:
    """Read the certificate in an envelope, as `read_statement` does; no signature is checked."""
    try:
        payload = open_envelope(document).payload
    except EnvelopeError as error:
        raise NotCertifiable(invalid(error)) from error
    return read_statement(payload)


def canonical(payload: Mapping[str, JsonValue]) -> bytes:
    """Write a payload so that equal payloads have equal bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(content: bytes) -> str:
    """Hash with SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _is_deep(value: Any) -> bool:
    """Say whether something nests deeper than certificates may."""
    layer = [value]
    for _ in range(MAX_DEPTH):
        lists = [one.values() if isinstance(one, dict) else one for one in layer]
        layer = [one for inner in lists for one in inner if isinstance(one, dict | list)]
        if not layer:
            return False
    return True


def _spell(value: Any) -> str:
    """Write JSON for a comparison in which `1`, `1.0` and `true` are not the same."""
    return json.dumps(value, sort_keys=True)


def _subject(certificate: Certificate) -> list[dict[str, Any]]:
    """List what the Statement is about, by name and hash."""
    texts = {"problem": certificate.problem, "answer": certificate.candidate}
    return [
        {"name": name, "digest": {"sha256": text.sha256}}
        for name, text in texts.items()
        if text is not None
    ]
