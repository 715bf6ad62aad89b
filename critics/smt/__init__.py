"""Constraint problems and claims: an assignment is certified by evaluating it exactly."""

from critics.smt.claim_domain import claim_domain
from critics.smt.domain import domain

__all__ = ["claim_domain", "domain"]
