import pytest

from app.codes import SERVICE_CODES, explain, list_codes
from app.errors import to_response
from app.failures import ProblemDetails, ServiceError, from_kernel
from critics.domain import DomainError
from critics.types import Diagnostic, Location, ProblemError


@pytest.mark.parametrize("code", SERVICE_CODES)
def test_every_code_makes_valid_problem_details_with_a_next_action(code):
    error = ServiceError(code, "what happened", extra={"run": "run_1"})
    document = error.to_document("req_1")
    read = ProblemDetails.model_validate(document)
    assert (read.type, read.status) == (f"/errors/{code}", SERVICE_CODES[code].status)
    assert read.help
    assert document["run"] == "run_1"
    assert to_response(error, "req_1").media_type == "application/problem+json"


@pytest.mark.parametrize("code", SERVICE_CODES)
def test_titles_stand_alone_and_actions_are_sentences(code):
    known = SERVICE_CODES[code]
    assert not known.title.endswith(".")
    assert known.action.endswith(".")
    assert "illegal" not in f"{known.title}{known.explanation}{known.action}".lower()


def test_no_code_means_two_things():
    listed = list_codes()
    assert all(explain(name) == code for name, code in listed.items())
    assert "invalid-json" in listed
    assert "pddl-precondition" in listed


def test_places_in_the_problem_become_json_pointers():
    places = [
        Location(source="domain", line=3, column=4),
        Location(source="problem", line=5, column=6),
        Location(source="problem", pointer="/word"),
        None,
    ]
    found = [
        Diagnostic(code="x-wrong", headline=f"fault {n}", at=at) for n, at in enumerate(places)
    ]
    error = from_kernel(ProblemError(found))
    assert (error.code, error.detail) == ("invalid-problem", "fault 0 (and 3 more)")
    assert [(fault.pointer, fault.line) for fault in error.faults] == [
        ("#/problem/domain", 3),
        ("#/problem/problem", 5),
        ("#/problem/word", None),
        ("#/problem", None),
    ]


def test_an_unknown_domain_keeps_its_own_code():
    found = Diagnostic(code="domain-unknown", headline="there is no domain `x`", help=("look",))
    error = from_kernel(DomainError([found]))
    assert (error.code, error.status, error.help) == ("domain-unknown", 422, ("look",))
