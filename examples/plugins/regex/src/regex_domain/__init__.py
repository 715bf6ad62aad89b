"""The domain `regex`: a JavaScript regular expression that matches these texts and not those.

The critic is the service `server.mjs`; this package says where it is and what it may answer.
"""

import json
import re
from collections.abc import Sequence
from importlib.resources import files

from pydantic import Field

from critics import Code, Example, Problem
from critics.remote import Service, http_domain

ADDRESS = json.loads(files(__package__).joinpath("service.json").read_text(encoding="utf-8"))


class Texts(Problem):
    """Texts that an expression must match, and texts that it must not."""

    match: list[str] = Field(max_length=100)
    reject: list[str] = Field(default_factory=list, max_length=100)


def write_prompt(problem: Texts) -> str:
    """Put the task to a model."""
    return (
        f"Write a JavaScript regular expression that matches each of {json.dumps(problem.match)}"
        f" and none of {json.dumps(problem.reject)}."
    )


def extract(_problem: Texts, response: str) -> Sequence[str]:
    """Propose everything between slashes; what is proposed is judged."""
    return re.findall(r"(?<![\w/])/[^/\s](?:[^/\n\\]|\\.)*/[dgimsuvy]*", response)[:20]


domain = http_domain(
    name="regex",
    summary="JavaScript regular expressions, judged by Node",
    problem=Texts,
    service=Service(
        name="regex-in-node",
        version="1.0",
        url=ADDRESS["url"],
        codes={
            "regex-syntax": Code(
                "No regular expression", "It cannot be compiled.", "Write it between slashes."
            ),
            "regex-misses": Code("A text is missed", "It must match.", "Widen the expression."),
            "regex-matches": Code("A text is matched", "It must not.", "Narrow the expression."),
        },
    ),
    decides="that the expression matches the texts it must, and no others",
    sound=True,
    prompt=write_prompt,
    answer_format="Answer with the expression between slashes, such as /^a+$/i.",
    extract=extract,
    examples=[
        Example(
            "words",
            problem={"match": ["cat", "cut"], "reject": ["coat", "cat\n"]},
            good=["/^c.t$(?!\\n)/", "/^c[au]t$/"],
            bad={
                "/^c.+t$/": "regex-matches",
                "/^cat$/": "regex-misses",
                "/(/": "regex-syntax",
                "c.t": "regex-syntax",
            },
            responses={"Try `/^c.t$/` or /^cu?t$/i instead.": ["/^c.t$/", "/^cu?t$/i"]},
        )
    ],
)
