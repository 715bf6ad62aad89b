"""Constraint problems: an assignment is certified by evaluating it exactly."""

from critics.smt.domain import domain

__all__ = ["domain"]
