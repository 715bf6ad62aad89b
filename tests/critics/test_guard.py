from collections.abc import Callable
from typing import Never

import pytest

from critics.guard import guard
from critics.types import ProblemError


def fail(error: BaseException) -> Callable[[], Never]:
    def work() -> Never:
        raise error

    return work


def test_the_boundary_lets_only_what_is_no_error_through() -> None:
    assert guard("work", lambda: 1) == (1, ())
    for leave in (KeyboardInterrupt, SystemExit, ProblemError):
        with pytest.raises(leave):
            guard("work", fail(leave([])))
    result, faults = guard("work", fail(LookupError("x" * 10_000)))
    assert (result, faults[0].code, faults[0].data) == (None, "critic-crashed", {"critic": "work"})
    assert len(faults[0].model_dump_json()) < 1000
