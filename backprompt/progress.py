"""Progress: notices when the loop goes in circles."""

from dataclasses import dataclass
from typing import Literal

Stall = Literal["no-progress", "repeated-answer"]


@dataclass(slots=True)
class Progress:
    """Counts rounds in a row that brought nothing new.

    Attributes:
        patience: Such rounds after which the conversation is given up; `None` is endless.
    """

    patience: int | None
    _best: float = -1.0
    _stale: int = 0

    def close_round(self, score: float, *, repeated: bool) -> Stall | None:
        """Note a round's best score; say why to start afresh, or `None` to go on.

        A fresh conversation is measured against itself, so saying so also forgets.

        Args:
            score: Best score of the round's candidates, -1 without any.
            repeated: Whether the round brought only answers that were judged before.
        """
        better = score > self._best
        self._best = max(self._best, score)
        self._stale = 0 if better and not repeated else self._stale + 1
        if self.patience is None or self._stale < self.patience:
            return None
        self._best, self._stale = -1.0, 0
        return "repeated-answer" if repeated else "no-progress"
