"""Codes of wishes that a domain cannot fulfil, by code; a part of `app.codes.CODES`.

All of them are found before anything is spent.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.service_code import ServiceCode

UNSUPPORTED_CODES: Mapping[str, ServiceCode] = MappingProxyType(
    {
        "translation-unsupported": ServiceCode(
            "The domain cannot translate prose",
            "The request asks for a translation of its answer by a model (`translate`), and the "
            "domain has none. Nothing was judged and nothing was spent.",
            "Send the answer in the domain's own format, without `translate`.",
            422,
        ),
        "formalization-unsupported": ServiceCode(
            "The domain reads no plain language",
            "The request gives its problem as text, and the domain has no way to formalise one. "
            "Nothing was judged and nothing was spent.",
            "Send the domain's own payload as `problem`; its schema is at `/domains/{name}`.",
            422,
        ),
        "solver-none": ServiceCode(
            "The domain has no solver",
            "The request asks for an exact solver (`strategy.solver`), or for its hints, and the "
            "domain has none. Nothing was judged and nothing was spent.",
            "Leave `strategy.solver` out, or install a domain or an extra that brings a solver.",
            422,
        ),
        "tree-unsupported": ServiceCode(
            "The domain has no moves",
            "`search: tree` tries an answer move by move, and the domain does not offer its moves. "
            "No model is asked to make them up.",
            "Use another `strategy.search`.",
            422,
        ),
        "evolve-unsupported": ServiceCode(
            "The problem compares no answers",
            "`search: evolve` looks for better answers once there is one, and by this problem, or "
            "by its whole domain, no answer is better than another.",
            "Give the problem an objective, or use another `strategy.search`.",
            422,
        ),
    }
)
