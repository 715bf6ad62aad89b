"""Puzzles: the domains `countdown` (number puzzles) and `coloring` (graph colouring)."""

from critics.puzzles.coloring import domain as coloring_domain
from critics.puzzles.countdown import domain as countdown_domain

__all__ = ["coloring_domain", "countdown_domain"]
