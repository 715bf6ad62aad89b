"""Placeholder."""

from critics.smt.terms import Operator

OPERATORS: tuple[Operator, ...] = ()
