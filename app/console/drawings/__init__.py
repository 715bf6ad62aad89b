"""Drawings: SVG made on the server, of what a candidate means and of how a run went.

Invariant: every text in a drawing is escaped, and every drawing says in words what it shows.
"""

from app.console.drawings.network import draw_network
from app.console.drawings.rates import draw_rates
from app.console.drawings.sparkline import draw_scores
from app.console.drawings.stacks import draw_stacks
from app.console.drawings.timeline import draw_timeline
from app.console.drawings.tree import draw_tree

__all__ = ["draw_network", "draw_rates", "draw_scores", "draw_stacks", "draw_timeline", "draw_tree"]
