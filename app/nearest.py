"""Did-you-mean: the nearest known name for one that is not known."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Phrase the nearest known name as the end of a sentence, or return nothing."""
    near = difflib.get_close_matches(name[:200], list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
