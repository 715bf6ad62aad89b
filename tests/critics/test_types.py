import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from critics.types import (
    Assurance,
    Coverage,
    CriticResult,
    Diagnostic,
    Frozen,
    Judgement,
    KernelError,
    Location,
    Opinion,
    Problem,
    Severity,
    Verdict,
)

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
TEXTS = st.lists(TEXT, max_size=2).map(tuple)
COUNT = st.none() | st.integers(1, 10**6)
LOCATIONS = st.builds(Location, source=TEXT, line=COUNT, column=COUNT, text=st.none() | TEXT)
DIAGNOSTICS = st.builds(
    Diagnostic,
    code=TEXT,
    headline=TEXT,
    at=st.none() | LOCATIONS,
    also=st.lists(LOCATIONS, max_size=2).map(tuple),
    notes=TEXTS,
    help=TEXTS,
    data=st.dictionaries(TEXT, JSON, max_size=3),
    severity=st.sampled_from(Severity),
)
VERDICTS = st.sampled_from(Verdict)
JUDGEMENTS = st.builds(
    Judgement,
    domain=TEXT,
    domain_version=TEXT,
    verdict=VERDICTS,
    candidate=TEXT,
    score=st.floats(0, 1),
    diagnostics=st.lists(DIAGNOSTICS, max_size=3).map(tuple),
    critics=st.lists(
        st.builds(
            CriticResult,
            critic=TEXT,
            version=TEXT,
            verdict=VERDICTS,
            hard=st.booleans(),
            findings=st.integers(0, 9),
            ms=st.floats(0, 1e6),
        ),
        max_size=2,
    ).map(tuple),
    coverage=st.builds(Coverage, decided=TEXTS, undecided=TEXTS),
    assurance=st.sampled_from(Assurance),
    opinions=st.lists(st.builds(Opinion, engine=TEXT, verdict=VERDICTS), max_size=2).map(tuple),
)


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_has_no_truth_value(verdict: Verdict) -> None:
    with pytest.raises(TypeError, match="unknown is neither"):
        bool(verdict)


@settings(max_examples=50)
@given(JUDGEMENTS)
def test_a_judgement_survives_json(judgement: Judgement) -> None:
    assert Judgement.model_validate_json(judgement.model_dump_json()) == judgement


@given(DIAGNOSTICS)
def test_the_codes_of_a_judgement_leave_warnings_out(finding: Diagnostic) -> None:
    judgement = Judgement(
        domain="toy",
        domain_version="1",
        verdict=Verdict.REJECTED,
        candidate="",
        score=0,
        diagnostics=(finding, finding),
    )
    expected = () if finding.severity is Severity.WARNING else (finding.code,)
    assert judgement.codes == expected


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_lies_between_0_and_1(score: float) -> None:
    with pytest.raises(ValidationError):
        Judgement(
            domain="toy", domain_version="1", verdict=Verdict.UNKNOWN, candidate="", score=score
        )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_diagnostic_holds_no_number_that_json_cannot_hold(number: float) -> None:
    with pytest.raises(ValidationError, match="JSON"):
        Diagnostic(code="a", headline="b", data={"deep": [{"number": number}]})


def test_a_diagnostic_that_quotes_half_a_surrogate_pair_survives_json() -> None:
    half = "caf\u00e9 \ud800"
    finding = Diagnostic(
        code="a",
        headline=half,
        notes=(half,),
        help=(half,),
        data={half: [half, {"inner": half}]},
        at=Location(source="answer", pointer=half, text=half, label=half),
    )
    assert finding.headline == "caf\u00e9 \\ud800"
    assert Diagnostic.model_validate_json(finding.model_dump_json()) == finding


def test_records_refuse_unknown_fields_and_changes() -> None:
    class Numbers(Problem):
        numbers: list[int]

    with pytest.raises(ValidationError, match="extra"):
        Numbers.model_validate({"numbers": [1], "number": 2})
    with pytest.raises(ValidationError, match="frozen"):
        Location(source="answer").line = 2  # type: ignore[misc]  # it must not work
    assert all(kind.model_config["frozen"] for kind in Frozen.__subclasses__())


def test_an_errors_message_is_its_first_headline() -> None:
    first, second = (Diagnostic(code="a", headline=word) for word in ("one", "two"))
    assert str(KernelError([first, second])) == "one"
    assert KernelError(iter([first, second])).diagnostics == (first, second)
    assert str(KernelError([])) == "no diagnostic"
