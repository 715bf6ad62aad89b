"""What is fuzzed: every function that reads what a user, a model or an upstream wrote.

A target takes bytes and may only return, or refuse in the way its callers expect. Anything else is
a crash.
"""

import contextlib
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from app.failures import ServiceError
from app.strict_json import read_json as read_body
from critics.code.extract import find_programs
from critics.code.problem import CodeProblem, load_problem
from critics.domain import Domain, Example, find_domain, installed
from critics.ed25519 import KeyFormatError, PublicKey
from critics.envelope import EnvelopeError, open_envelope
from critics.formalizer import examine, read_prose
from critics.judge import read_problem
from critics.line import check_line
from critics.puzzles.coloring_problem import read_dimacs
from critics.sexpr import PDDL, SMTLIB, SexprError, Source, read
from critics.statement import read_envelope, read_statement
from critics.types import KernelError

REFUSALS = (KernelError, SexprError, EnvelopeError, KeyFormatError, ServiceError)

FORMAL_FIELDS = {"dimacs", "domain", "problem", "smtlib"}
"""Texts in a problem that a grammar describes."""


@dataclass(frozen=True)
class Target:
    """One reader, what it may refuse with, and inputs to begin with."""

    name: str
    run: Callable[[bytes], Any]
    seeds: tuple[bytes, ...]

    def try_one(self, data: bytes) -> None:
        with contextlib.suppress(REFUSALS):
            self.run(data)


def text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def parse_answer(domain: Domain, instance: Any, data: bytes) -> None:
    domain.parse(instance, text(data))


def extract_answers(domain: Domain, instance: Any, data: bytes) -> None:
    domain.extract(instance, text(data))


def load_field(domain: Domain, payload: dict[str, Any], field: str, data: bytes) -> None:
    changed = payload | {field: text(data)}
    domain.load(read_problem(domain, changed))


def of_domain(domain: Domain, example: Example) -> Iterator[Target]:
    payload = dict(example.problem)
    instance = domain.load(read_problem(domain, payload))
    answers = tuple(one.encode() for one in [*example.good, *example.bad])
    responses = tuple(one.encode("utf-8", "replace") for one in example.responses)
    yield Target(f"{domain.name} answer", partial(parse_answer, domain, instance), answers)
    yield Target(
        f"{domain.name} response", partial(extract_answers, domain, instance), answers + responses
    )
    for field, value in payload.items():
        if isinstance(value, str) and field in FORMAL_FIELDS:
            name = f"{domain.name} problem {field}"
            yield Target(name, partial(load_field, domain, payload, field), (value.encode(),))


def of_prose(domain: Domain) -> Iterator[Target]:
    if domain.formalization is not None:
        seeds = (b"You plan to visit 3 European cities for 8 days in total.", b'{"numbers": [1]}')
        yield Target(f"{domain.name} prose", lambda d: read_prose(domain, text(d)), seeds)
        said = "Reach 24 with 1 2 3 4."
        yield Target(f"{domain.name} formal", lambda d: examine(domain, said, text(d)), seeds)


def constraint(data: bytes) -> None:
    """Read a friendly constraint."""
    payload = {
        "variables": {"x": {"type": "int"}, "y": {"type": "real"}, "b": {"type": "bool"}},
        "constraints": [{"name": "c", "expr": text(data)}],
    }
    domain = find_domain("smt")
    domain.load(read_problem(domain, payload))


def load_tests(data: bytes) -> None:
    payload = {"task": "Write it.", "tests": text(data)}
    load_problem(cast(CodeProblem, read_problem(find_domain("python-tests"), payload)))


def line(data: bytes) -> None:
    if b"domain" not in data:  # whole judgements are the domains' targets
        check_line(data)


def toml(data: bytes) -> None:
    """Read settings: Python's own reader, whose refusals are told as configuration errors."""
    try:
        tomllib.loads(text(data))
    except (tomllib.TOMLDecodeError, RecursionError):
        return


def of_kernel() -> Iterator[Target]:
    sexpr = b'(define (domain d) ; c\n (:action a :parameters (?x) :effect (not (p ?x "s" |q|))))'
    envelope = b'{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}'
    statement = b'{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicate":{}}'
    yield Target("PDDL tokens", lambda d: read(Source("domain", text(d)), PDDL), (sexpr,))
    yield Target("SMT-LIB tokens", lambda d: read(Source("smtlib", text(d)), SMTLIB), (sexpr,))
    yield Target("envelope", open_envelope, (envelope,))
    yield Target("statement", read_statement, (statement,))
    yield Target("certificate", read_envelope, (envelope,))
    yield Target("public key", lambda d: PublicKey.from_base64(text(d)), (b"A" * 43 + b"=",))
    yield Target("JSON body", lambda d: read_body(d, 64), (b'{"a":[1,2.5e3,null,true,"\\u00e9"]}',))
    yield Target("batch line", line, (b'{"id":1,"problem":{},"answer":"x"}',))
    yield Target("DIMACS", lambda d: read_dimacs(text(d)), (b"c x\np edge 3 2\ne 1 2\ne 2 3\n",))
    yield Target("friendly constraint", constraint, (b"x + 2*y >= 3 and not (b or x == 1)",))
    yield Target("unit tests", load_tests, (b"def test_a():\n    assert f(1) == [2]\n",))
    yield Target(
        "programs in text", lambda d: find_programs(text(d)), (b"a\n```python\nx = 1\n```",)
    )
    yield Target("TOML settings", toml, (b'[budget]\nrounds = 3\nname = "x"\n',))


def all_targets() -> list[Target]:
    """Give every target once."""
    found = {target.name: target for target in of_kernel()}
    for name in sorted(installed()):
        domain = find_domain(name)
        for target in of_prose(domain):
            found.setdefault(target.name, target)
        for example in domain.examples:
            for target in of_domain(domain, example):
                known = found.get(target.name)
                seeds = target.seeds if known is None else known.seeds + target.seeds
                found[target.name] = Target(target.name, (known or target).run, seeds)
    return list(found.values())
