"""Every installed domain's good answers are certified, and verified by whoever has the file."""

from datetime import UTC, datetime

import pytest

from critics.certificate import Order, certify
from critics.code.guests import find_sandbox
from critics.code.probe import probe
from critics.domain import Example, find_domain, installed
from critics.envelope import open_envelope
from critics.verification import Outcome, verify
from tests.critics.sealing import KEY, seal, signer

ORDER = Order(id="c1", issued_at=datetime(2026, 1, 2, tzinfo=UTC), signer=signer())
CASES = [
    pytest.param(name, example, answer, id=f"{name}-{example.name}-{number}")
    for name in sorted(installed())
    for example in find_domain(name).examples
    for number, answer in enumerate(example.good)
]


@pytest.fixture(scope="module")
def sandboxed() -> bool:
    """Whether the sandbox that would be used here really starts."""
    chosen = find_sandbox()
    return any(found.works for found in probe(prepare=False) if found.sandbox == chosen)


@pytest.fixture(autouse=True)
def sandbox(request: pytest.FixtureRequest, sandboxed: bool) -> None:  # noqa: FBT001  # a fixture
    name = request.node.callspec.params["name"]
    if name == "python-tests" and not sandboxed:
        pytest.skip("no sandbox works on this machine (`modulo sandbox`)")


@pytest.mark.parametrize(("name", "example", "answer"), CASES)
def test_a_good_answer_has_a_certificate_that_verifies(
    name: str, example: Example, answer: str
) -> None:
    document = seal(certify(name, example.problem, answer, ORDER))
    found = verify(document, trusted=[KEY.public], problem=example.problem, answer=answer)
    assert (found.outcome, found.notes) == (Outcome.VERIFIED, ())
    payload = open_envelope(document).payload
    assert b'"undecided":[]' in payload


@pytest.mark.parametrize(
    ("name", "example", "answer"),
    [case for case in CASES if len(find_domain(case.values[0]).examples) > 1],
)
def test_it_is_no_certificate_of_another_problem_of_the_domain(
    name: str, example: Example, answer: str
) -> None:
    document = seal(certify(name, example.problem, answer, ORDER))
    others = [other.problem for other in find_domain(name).examples if other is not example]
    for other in others:
        found = verify(document, problem=other)
        assert found.outcome is Outcome.REFUTED
        assert [finding.code for finding in found.findings] == ["certificate-about-another"]
