"""The problem of the README and its plan, for tests that ask a container."""

import json
from typing import Any

from tests.docker.stack import ROOT

REQUEST: dict[str, Any] = json.loads((ROOT / "examples/pddl/tea/request.json").read_text("utf-8"))
PLAN = "(fill kettle1)\n(boil kettle1)\n(put-bag green-tea mug)\n(pour kettle1 mug green-tea)"
COLD = "(fill kettle1)\n(put-bag green-tea mug)\n(pour kettle1 mug green-tea)"
"""A plan that is rejected: the water was never boiled."""
COLDER = "(fill kettle1)\n(pour kettle1 mug green-tea)"
"""Another one."""


def fenced(plan: str) -> str:
    """Write a plan as a model does."""
    return f"Here is my plan:\n```\n{plan}\n```"
