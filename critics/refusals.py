"""Refusals: why nothing is certified, and why a certificate is not verified."""

from collections.abc import Collection, Sequence

from pydantic import ValidationError

from critics.judge import spell_out
from critics.types import Diagnostic, Feasibility, Feasible, Judgement


def refusal(judgement: Judgement) -> Diagnostic:
    """Tell why an answer is not certified."""
    codes = ", ".join(f"`{code}`" for code in judgement.codes) or "none"
    return Diagnostic(
        code="not-certifiable",
        headline=f"the critics say {judgement.verdict.value} (codes: {codes}), so there is no "
        "certificate",
        help=("only an accepted answer is certified",),
    )


def not_infeasible(found: Feasibility) -> Diagnostic:
    """Tell why it is not certified that a problem has no answer."""
    known = {
        Feasible.FEASIBLE: "the problem has an answer",
        Feasible.INFEASIBLE: "that the problem has no answer was not proved to the assurance asked",
        Feasible.UNKNOWN: "that the problem has no answer was not shown",
    }
    return Diagnostic(
        code="not-certifiable",
        headline=f"{known[found.status]}, so there is no certificate",
        notes=tuple(d.headline for d in found.diagnostics)
        if found.status is Feasible.UNKNOWN
        else (),
        help=("ask where the engines of the domain are installed, with more time",),
    )


def altered(part: str) -> Diagnostic:
    """Tell that a part is not what was certified."""
    return Diagnostic(
        code="certificate-altered",
        headline=f"the certificate's `{part}` is not what was certified",
        help=("ask for the original file",),
    )


def invalid(error: Exception) -> Diagnostic:
    """Tell why a document is no certificate."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        why = f"`{'.'.join(map(str, fault['loc']))}`: {fault['msg']}"
    else:
        why = spell_out(str(error))[:200]
    return Diagnostic(
        code="certificate-invalid",
        headline="the document is not a certificate",
        notes=(why,),
        help=("give the JSON file exactly as the service returned it",),
    )


def refuted(why: str) -> Diagnostic:
    """Tell that a claim is false."""
    return Diagnostic(
        code="certificate-false",
        headline=why,
        help=("trust the certificate no further; tell its issuer",),
    )


def not_shown(what: str, findings: tuple[Diagnostic, ...]) -> Diagnostic:
    """Tell that a claim could not be proved again."""
    return Diagnostic(
        code="certificate-undecided",
        headline=f"that {what} was not shown again",
        notes=tuple(finding.headline for finding in findings),
        help=("verify where the engines of the domain are installed, with more time",),
    )


def detached(part: str) -> Diagnostic:
    """Tell that a text is needed which the certificate only names."""
    option = "problem" if part == "problem" else "answer"
    return Diagnostic(
        code="certificate-detached",
        headline=f"the certificate names its {part} by hash only",
        help=(f"give the {option} as well: `--{option} FILE`",),
    )


def about_another(part: str) -> Diagnostic:
    """Tell that the certificate is about something else than was asked."""
    return Diagnostic(
        code="certificate-about-another",
        headline=f"the certificate is about another {part} than the one given",
        help=("find the certificate of this one",),
    )


def unsigned() -> Diagnostic:
    """Tell that nobody has signed."""
    return Diagnostic(
        code="certificate-unsigned",
        headline="the certificate is not signed, so anybody may have changed its records",
        help=("prove it again without a signature: `--no-signature`",),
    )


def key_unknown() -> Diagnostic:
    """Tell that nobody knows by whose key to check."""
    return Diagnostic(
        code="certificate-key-unknown",
        headline="the certificate names no key, so its signature cannot be checked",
        help=("give the signer's public key: `--key FILE`", "or `--no-signature`"),
    )


def wrong_signature(signed_by: Collection[str], asked: Sequence[str]) -> Diagnostic:
    """Tell that the signature does not hold."""
    named = ", ".join(keyid[:16] for keyid in asked[:3])
    return Diagnostic(
        code="certificate-signature",
        headline="the signature does not belong to these bytes"
        if set(signed_by) & set(asked)
        else f"the certificate is not signed by the key asked for ({named}…)",
        help=("ask the issuer for the original file, or for the key that signed it",),
    )
