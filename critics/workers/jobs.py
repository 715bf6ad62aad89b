"""What a worker can be asked to do. Runs in workers only.

A job is a JSON object with its `kind`; it is answered by one or more replies, each of which holds
exactly one of `done` (the result), `refused` (the user's problem or domain is wrong) and `failed`
(the domain's code failed). Nothing a user or a model wrote escapes as an exception.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

from critics.certificate import certify, certify_infeasible
from critics.denial import judge_claim
from critics.domain import Domain, find_domain
from critics.formalizer import take_step
from critics.guard import guard
from critics.judge import Demand, Mode, read_problem
from critics.line import Check, answer_check, check_line, find_candidates
from critics.measurement import measure
from critics.reward import Outcome, RewardQuestion, open_reward
from critics.rollout import QUESTIONS, answer
from critics.selftest import check_domain
from critics.statement import Order, canonical, digest, read_statement, write_statement
from critics.types import (
    CandidateError,
    Diagnostic,
    HintLevel,
    KernelError,
    Opinion,
    ProblemError,
    Undecided,
    Verdict,
)
from critics.verification import judge_failure, prove

Job: TypeAlias = Mapping[str, Any]
Reply: TypeAlias = dict[str, Any]


def perform(job: Job) -> Iterator[Reply]:
    """Answer a job, reply by reply."""
    if job["kind"] == "lines":
        for line in job["lines"]:
            yield {"done": check_line(line.encode("utf-8", "surrogateescape")).decode("ascii")}
    elif job["kind"] == "rewards":
        yield from _reward(job)
    else:
        yield _answer(KINDS[job["kind"]], job)


def failure(faults: Sequence[Diagnostic]) -> Reply:
    """Say that the domain's code failed."""
    return {"failed": _dump(faults)}


def _reward(job: Job) -> Iterator[Reply]:
    """Judge the completions of one problem, a reply each; the problem is read once."""
    question = RewardQuestion.model_validate(job["question"])
    opened: list[Callable[[str], Outcome]] = []

    def judge_next(text: str) -> Any:
        if not opened:
            opened.append(open_reward(find_domain(job["domain"]), job["problem"], question))
        return opened[0](text).model_dump(mode="json")

    for text in job["texts"]:
        yield _answer(lambda _, text=text: judge_next(text), job)  # type: ignore[misc]  # binds each text


def _answer(work: Callable[[Job], Any], job: Job) -> Reply:
    try:
        done, faults = guard(str(job["kind"]), lambda: work(job))
    except ProblemError as error:
        return {"refused": {"error": type(error).__name__, "diagnostics": _dump(error.diagnostics)}}
    return failure(faults) if faults else {"done": done}


def _dump(diagnostics: Sequence[Diagnostic]) -> list[Any]:
    return [diagnostic.model_dump(mode="json") for diagnostic in diagnostics]


def _load(job: Job) -> tuple[Domain, Any]:
    domain = find_domain(job["domain"])
    return domain, domain.load(read_problem(domain, job["problem"]))


def _judge(job: Job) -> Any:
    judgement = judge_claim(
        find_domain(job["domain"]), job["problem"], job["text"], mode=Mode(job["mode"])
    )
    return judgement.model_dump(mode="json", exclude={"candidate"})


def _extract(job: Job) -> Any:
    domain = find_domain(job["domain"])
    return find_candidates(domain, read_problem(domain, job["problem"]), job["response"])


def _check(job: Job) -> Any:
    return answer_check(Check.model_validate(job["check"])).model_dump(mode="json")


def _prepare(job: Job) -> Any:
    domain, instance = _load(job)
    schema = domain.answer_schema(instance) if domain.answer_schema else None
    objective = domain.objective
    compared, _ = guard("objective", lambda: objective(instance) if objective else None)
    return {
        "prompt": domain.prompt(instance),
        "answer_format": domain.answer_format,
        "warnings": _dump(domain.warnings(instance)),
        "answer_schema": schema,
        "undecided": list(domain.coverage(instance).undecided),
        "objective": None if compared is None else compared.aim.model_dump(mode="json"),
    }


def _present(job: Job) -> Any:
    """Write the task down with its parts in another order, if that says the same."""
    domain = find_domain(job["domain"])
    how = domain.arrangement
    if how is None:
        return None
    other = how.shuffle(job["problem"], Random(job["seed"]))  # noqa: S311  # no secrets
    if how.settle(other) != how.settle(job["problem"]):
        return None
    return domain.prompt(domain.load(read_problem(domain, other)))


def _identify(job: Job) -> Any:
    """Name what a problem shares with its renamed twins; elsewhere, its very bytes."""
    domain = find_domain(job["domain"])
    problem = read_problem(domain, job["problem"])
    if domain.generation is None:
        return digest(canonical(job["problem"]))
    return domain.generation.identity(problem)


def _opinion(job: Job) -> Any:
    domain = find_domain(job["domain"])
    if domain.second_opinion is None:
        opinion = Opinion(
            engine=domain.name, verdict=Verdict.UNKNOWN, reason="the domain has no second opinion"
        )
    else:
        opinion = domain.second_opinion(read_problem(domain, job["problem"]), job["text"])
    return opinion.model_dump(mode="json")


def _hook(job: Job) -> Any:
    domain = find_domain(job["domain"])
    problem = read_problem(domain, job["problem"])
    text, *levels = job["arguments"] or [""]
    if job["hook"] == "hint" and domain.hint is not None:
        return _dump(domain.hint(problem, text, HintLevel(levels[0])))
    if job["hook"] == "optimality" and domain.optimality is not None:
        return domain.optimality(problem, text).model_dump(mode="json")
    hook = domain.feasibility if job["hook"] == "feasibility" else domain.solver
    return None if hook is None else hook(problem).model_dump(mode="json")


def _translate(job: Job) -> Any:
    domain, instance = _load(job)
    if domain.translation is None:
        raise Undecided([_untranslatable(domain)])
    if job["responses"] is None:
        return domain.translation.prompt(instance, job["prose"])
    return domain.translation.merge(instance, job["prose"], job["responses"]).model_dump(
        mode="json"
    )


def _rollout(job: Job) -> Any:
    question = QUESTIONS.validate_python(job["question"])
    return answer(find_domain(job["domain"]), job["problem"], question).model_dump(mode="json")


def _measure(job: Job) -> Any:
    value = measure(find_domain(job["domain"]), job["problem"], job["text"])
    return None if value is None else str(value)


def _picture(job: Job) -> Any:
    domain, instance = _load(job)
    if domain.picture is None:
        return None
    try:
        candidate = domain.parse(instance, job["text"])
    except CandidateError:
        return None
    return domain.picture(instance, candidate).model_dump(mode="json")


def _formalize(job: Job) -> Any:
    return take_step(find_domain(job["domain"]), job["step"], job["given"])


def _untranslatable(domain: Domain) -> Diagnostic:
    return Diagnostic(
        code="translation-unsupported",
        headline=f"domain `{domain.name}` has no translation from prose",
    )


def _certify(job: Job) -> Any:
    certificate = certify(
        job["domain"],
        job["problem"],
        job["text"],
        Order.model_validate(job["order"]),
        opinions=tuple(Opinion.model_validate(opinion) for opinion in job["opinions"]),
        demand=Demand(job["demand"]),
        compare=job["compare"],
    )
    return write_statement(certificate).decode()


def _certify_infeasible(job: Job) -> Any:
    certificate = certify_infeasible(
        job["domain"],
        job["problem"],
        Order.model_validate(job["order"]),
        demand=Demand(job["demand"]),
    )
    return write_statement(certificate).decode()


def _verify(job: Job) -> Any:
    try:
        found = prove(read_statement(job["statement"].encode()), job["problem"], job["answer"])
    except KernelError as error:
        found = judge_failure(error)
    return found.model_dump(mode="json")


def _selftest(job: Job) -> Any:
    return check_domain(find_domain(job["domain"])).model_dump(mode="json")


KINDS: Mapping[str, Callable[[Job], Any]] = {
    "judge": _judge,
    "extract": _extract,
    "prepare": _prepare,
    "present": _present,
    "identify": _identify,
    "opinion": _opinion,
    "hook": _hook,
    "picture": _picture,
    "measure": _measure,
    "certify": _certify,
    "certify_infeasible": _certify_infeasible,
    "verify": _verify,
    "check": _check,
    "selftest": _selftest,
    "translate": _translate,
    "formalize": _formalize,
    "rollout": _rollout,
}
