"""ServiceCode: a code of the service, with the HTTP status it travels with."""

from dataclasses import dataclass

from critics.codes import Code


@dataclass(frozen=True, slots=True)
class ServiceCode(Code):
    """A code with the HTTP status it travels with.

    Attributes:
        status: HTTP status of the problem document.
    """

    status: int
