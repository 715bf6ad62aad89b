"""Dedupe: lets a row through once.

Invariant: only hashes are kept, so that memory grows by a few bytes a row.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

CONTENT = ("prompt", "completion", "chosen", "rejected", "label")
"""Columns that make two rows the same to a trainer."""


class Dedupe(StrEnum):
    """What counts as the same row."""

    NONE = "none"
    EXACT = "exact"
    """The same prompt and the same answer."""
    IDENTITY = "identity"
    """The same problem up to names and order: only its first row is kept."""


@dataclass(slots=True)
class Sieve:
    """Lets through what was not there before.

    Attributes:
        by: What counts as the same.
        per_problem: Most rows of the same problem, up to names and order; `None` for all.
    """

    by: Dedupe = Dedupe.EXACT
    per_problem: int | None = None
    _seen: set[bytes] = field(default_factory=set)
    _rows: Counter[bytes] = field(default_factory=Counter)

    def refuse(self, row: Mapping[str, Any]) -> str | None:
        """Say why a row is left out, or remember it."""
        problem = _hash(row["identity"])
        most = 1 if self.by is Dedupe.IDENTITY else self.per_problem
        exact = _hash([row[name] for name in CONTENT if name in row])
        if self.by is not Dedupe.NONE and exact in self._seen:
            return "duplicate"
        if most is not None and self._rows[problem] >= most:
            return "duplicate-problem" if self.by is Dedupe.IDENTITY else "enough-of-problem"
        self._seen.add(exact)
        self._rows[problem] += 1
        return None


def _hash(value: Any) -> bytes:
    return blake2b(json.dumps(value).encode(), digest_size=16).digest()
