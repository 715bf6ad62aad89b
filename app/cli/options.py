"""Options that several commands take. Imported before any command, so it imports nothing."""

from typing import Literal

Assurance = Literal["auto", "single", "cross", "proof"]
"""Names of `critics.judge.Demand`, spelt out so that `--help` need not import the kernel."""
Solver = Literal["off", "fallback", "race", "hint", "only"]
"""Names of `backprompt.strategy.SolverMode`, likewise."""
