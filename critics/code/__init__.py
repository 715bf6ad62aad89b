"""Programs that are tested: the domain `python-tests`."""

from critics.code.domain import domain

__all__ = ["domain"]
