"""Failures that a user is told about: one exception, one rendering as RFC 9457 problem details.

Nothing here knows HTTP or a terminal; the service (`app.errors`) and the command line
(`app.cli.terminal`) both show a `ServiceError` in their own way.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.codes import DOMAIN_STATUS, SERVICE_CODES, explain
from critics.types import Diagnostic, KernelError


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    pointer: str
    """JSON pointer into the request, as a URI fragment such as `#/problem/domain`."""
    code: str
    """Stable code, explained at `/errors/{code}`."""
    detail: str
    """What is wrong, standing alone."""
    line: int | None = None
    """1-based line in the text that `pointer` names."""
    column: int | None = None
    """1-based column."""
    help: tuple[str, ...] = ()
    """Next actions."""


class ProblemDetails(BaseModel):
    """An error as RFC 9457 `application/problem+json`."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    """`/errors/{code}`, where the code is explained."""
    title: str
    """What happened, the same for every occurrence."""
    status: int
    """The HTTP status."""
    detail: str
    """This occurrence, standing alone."""
    instance: str
    """The request, or the run it had become."""
    code: str
    """Stable code."""
    help: tuple[str, ...] = ()
    """Next actions."""
    errors: tuple[Fault, ...] = Field(default=())
    """Every fault, where there are several."""


class ServiceError(Exception):
    """A request or command that ends without a result.

    Attributes:
        code: One of `SERVICE_CODES`, or a kernel code about a domain.
        detail: This occurrence, standing alone.
        faults: Every fault of the request.
        help: Next actions; without any, the code's own.
        headers: HTTP headers that belong to it.
        extra: Further members of the problem document.
        diagnostics: What the kernel found, where it was the kernel.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        faults: Iterable[Fault] = (),
        help: Iterable[str] = (),  # noqa: A002  # the word of the messages' rules
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, JsonValue] | None = None,
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        """Keep the parts; the detail becomes the message."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.help = tuple(help)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        self.diagnostics = tuple(diagnostics)

    @property
    def status(self) -> int:
        """The HTTP status it travels with."""
        known = SERVICE_CODES.get(self.code)
        return known.status if known else DOMAIN_STATUS.get(self.code, 500)

    def to_document(self, instance: str) -> dict[str, Any]:
        """Render it as RFC 9457 problem details."""
        known = explain(self.code)
        document = ProblemDetails(
            type=f"/errors/{self.code}",
            title=known.title if known else self.code,
            status=self.status,
            detail=self.detail,
            instance=instance,
            code=self.code,
            help=self.help or ((known.action,) if known else ()),
            errors=self.faults,
        )
        return document.model_dump(mode="json", exclude_none=True) | self.extra


def from_kernel(error: KernelError, domain: str | None = None) -> ServiceError:
    """Turn the kernel's `ProblemError` or `DomainError` into the failure a user is told.

    Args:
        error: What the kernel raised.
        domain: The domain's name, for the next action.
    """
    first = error.diagnostics[0] if error.diagnostics else None
    if first is None:
        return ServiceError("invalid-problem", str(error))
    if first.code in DOMAIN_STATUS:
        return ServiceError(first.code, first.headline, help=first.help)
    more = len(error.diagnostics) - 1
    schema = f"the schema and examples of `{domain}` problems are at `/domains/{domain}`"
    return ServiceError(
        "invalid-problem",
        first.headline + (f" (and {more} more)" if more else ""),
        faults=map(_fault, error.diagnostics),
        help=(*first.help, *([schema] if domain and not first.help else [])),
        diagnostics=error.diagnostics,
    )


def _fault(found: Diagnostic) -> Fault:
    at = found.at
    return Fault(
        pointer=_pointer(found),
        code=found.code,
        detail=found.headline,
        line=at.line if at else None,
        column=at.column if at else None,
        help=found.help,
    )


def _pointer(found: Diagnostic) -> str:
    at = found.at
    if at is None:
        return "#/problem"
    field = "" if at.source == "problem" and at.pointer is not None else f"/{at.source}"
    return f"#/problem{field}{at.pointer or ''}"
