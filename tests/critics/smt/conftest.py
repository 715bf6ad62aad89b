"""Short ways to state a constraint problem and judge an answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from critics.judge import judge
from critics.smt import domain
from critics.types import Judgement, ProblemError

Judge = Callable[..., Judgement]


@pytest.fixture
def check() -> Judge:
    """Judge an answer (a mapping or a text) against SMT-LIB text."""

    def run(script: str, answer: Mapping[str, Any] | str) -> Judgement:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return judge(domain, {"smtlib": script}, text)

    return run


@pytest.fixture
def check_rules() -> Judge:
    """Judge an answer against a friendly problem."""

    def run(
        variables: Mapping[str, Any],
        constraints: Mapping[str, str],
        answer: Mapping[str, Any] | str,
        **more: Any,
    ) -> Judgement:
        rules = [{"name": name, "expr": expr} for name, expr in constraints.items()]
        payload = {"variables": dict(variables), "constraints": rules, **more}
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return judge(domain, payload, text)

    return run


@pytest.fixture
def refuse() -> Callable[[Mapping[str, Any]], list[str]]:
    """Give the codes a wrong problem is refused with."""

    def run(payload: Mapping[str, Any]) -> list[str]:
        with pytest.raises(ProblemError) as caught:
            judge(domain, payload, "{}")
        return [diagnostic.code for diagnostic in caught.value.diagnostics]

    return run
