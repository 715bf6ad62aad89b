"""Every page of the console, with something on each of them."""

import json
from collections.abc import Sequence
from pathlib import Path

from backprompt.upstream import Request, ScriptedUpstream
from critics.domain import find_domain
from tests.app.conftest import REQUEST
from tests.app.plain_language import TEXT, formalises, said

QUIET = {"discover": False, "embedded": False}
PLANS = (
    "Here it is:\n(pick-up a)\n(stack a b)\n(pick-up c)\n(stack c a)",
    "I pick b up first.\n(pick-up b)\n(stack b c)",
)
HEAD = (
    "strategy,upstream,runs,certified,rate,low,high,by_model,origins,false_accepts,"
    "total_calls,total_tokens,total_cost_usd,control\n"
)
REPORT = """\
plain,small,40,9,0.225,0.123,0.375,9,model:9,0,40,30211,0.02,False
explain,small,40,26,0.65,0.495,0.779,26,model:26,0,96,71544,0.05,False
explain,large,40,38,0.95,0.835,0.986,38,model:38,0,61,52007,0.41,False
best-of-4,random,40,1,0.025,0.004,0.129,0,random:1,0,160,120004,0,True
"""


def answering() -> ScriptedUpstream:
    """A model that knows one word, some plans and a doubtful reading of a text."""

    def respond(request: Request) -> str:
        told = request.messages[0].content
        if formalises(request):
            return said(None, "work_hours")
        if "tea" in told or "(define" in told or "block" in told:
            good = find_domain("pddl").examples[0].good[0]
            return [*PLANS, good][min(request.call, len(PLANS))]
        return ("hallo", "hello")[min(request.call, 1)]

    return ScriptedUpstream(respond)


def write_report(folder: Path) -> Path:
    """Leave a report as `modulo bench` does."""
    (folder / "first").mkdir(parents=True)
    (folder / "first" / "report.csv").write_text(HEAD + REPORT, "utf-8")
    return folder


async def fill(http) -> Sequence[str]:
    """Start runs of every kind; gives the paths of all pages."""
    example = find_domain("pddl").examples[0]
    plan = {"domain": "pddl", "problem": example.problem, "budget": {"rounds": 5}}
    won = (await http.post("/solve", json=plan)).json()["id"]
    lost = (await http.post("/solve", json={**REQUEST, "budget": {"rounds": 1}})).json()["id"]
    asked = {"domain": "calendar", "text": TEXT}
    waiting = (await http.post("/solve", json=asked)).json()["id"]
    return [
        "/console",
        "/console/runs",
        "/console/runs?state=cancelled",
        f"/console/runs/{won}",
        f"/console/runs/{won}/rounds/1",
        f"/console/runs/{won}/candidates/0",
        f"/console/runs/{won}/certificate",
        f"/console/runs/{lost}",
        f"/console/runs/{waiting}",
        f"/console/compare?a={won}&b={lost}",
        "/console/try",
        "/console/try?domain=calendar",
        "/console/certificate",
        "/console/domains",
        "/console/domains/pddl",
        "/console/bench",
        "/console/bench/first",
        "/console/sign-in",
    ]


def form_of(domain: str, answer: str) -> dict[str, str]:
    """Fill the form of a domain's first example."""
    problem = find_domain(domain).examples[0].problem
    fields = {
        f"problem.{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in problem.items()
    }
    return {"domain": domain, "do": "check", "answer": answer, **fields}
