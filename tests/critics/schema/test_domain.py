"""The domain `json-schema`: what is accepted is valid, whatever the schema and the document."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from critics import ProblemError, Verdict, judge
from critics.schema import domain
from critics.schema.opinions import give_opinion
from critics.schema.problem import SchemaProblem
from critics.selftest import check_domain

STAFF = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1, "maximum": 99},
        "name": {"type": "string", "minLength": 2, "maxLength": 20},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]$"},
        "team": {"enum": ["red", "green", "blue"]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "uniqueItems": True},
        "pay": {"type": "number", "multipleOf": 0.01},
        "boss": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/boss"}]},
    },
    "required": ["id", "name", "code", "team", "tags", "pay", "boss"],
    "additionalProperties": False,
    "$defs": {
        "boss": {
            "type": "object",
            "properties": {"id": {"type": "integer"}},
            "required": ["id"],
            "unevaluatedProperties": False,
        }
    },
}


def staff(number: int) -> dict:
    return {
        "id": number,
        "name": f"Name {number}",
        "code": f"AB{number % 10}",
        "team": ["red", "green", "blue"][number % 3],
        "tags": ["a", "b"],
        "pay": number / 100,
        "boss": None if number % 2 else {"id": number},
    }


WRONG_TYPES = (None, True, {})
WRONG: dict[str, list[tuple[object, str]]] = {
    "id": [(n, "schema-number") for n in (0, -1, 100, 10**40)] + [(1.5, "schema-type")],
    "name": [(text, "schema-string") for text in ("", "x", "x" * 21)],
    "code": [(text, "schema-string") for text in ("AB1\n", "ab1", "AB12", " AB1", "AB\u0661")],
    "team": [(x, "schema-value") for x in ("Red", "", "yellow", 0, None, ["red"])],
    "tags": [(x, "schema-array") for x in (["a", "a"], ["a", "b", "c", "d"])],
    "pay": [(n, "schema-number") for n in (0.001, 1.005, 10.005)] + [("1", "schema-type")],
    "boss": [(x, "schema-choice") for x in ({}, {"id": "1"}, {"id": 1, "x": 1}, 7, "boss")],
}


def faults(good: dict) -> Iterator[tuple[dict, str]]:
    for name in good:
        yield {key: value for key, value in good.items() if key != name}, "schema-required"
        yield {**good, f"{name}_": 1}, "schema-extra"
        if name not in ("team", "boss"):
            yield from (({**good, name: wrong}, "schema-type") for wrong in WRONG_TYPES)
        yield from (({**good, name: wrong}, code) for wrong, code in WRONG[name])


def test_the_domain_keeps_its_promises() -> None:
    assert check_domain(domain).failures == ()


def test_single_faults_are_rejected_with_their_code() -> None:
    tried = 0
    for number in range(1, 15):
        good = staff(number)
        text = json.dumps(good)
        assert judge(domain, {"schema": STAFF}, text).verdict is Verdict.ACCEPTED
        for wrong, code in faults(good):
            judgement = judge(domain, {"schema": STAFF}, json.dumps(wrong))
            assert (judgement.verdict, judgement.codes) == (Verdict.REJECTED, (code,)), wrong
            tried += 1
        for wrong, code in (
            (text[:-1], "json-syntax"),
            (text + "}", "json-syntax"),
            (text.replace('"id"', '"id": 1, "id"', 1), "json-duplicate-key"),
            (text.replace(str(good["pay"]), "NaN"), "json-constant"),
            (text.replace('"Name', '"\\udc00'), "json-surrogate"),
        ):
            assert judge(domain, {"schema": STAFF}, wrong).codes == (code,), wrong
            tried += 1
    assert tried >= 500


@pytest.mark.parametrize(
    ("schema", "text", "verdict"),
    [
        ({"multipleOf": 0.01}, "19.99", "accepted"),
        ({"multipleOf": 0.1}, "0.3", "accepted"),
        ({"multipleOf": 1e-7}, "1e-8", "rejected"),
        ({"multipleOf": 0.0001}, "0.00751", "rejected"),
        ({"const": 9007199254740993}, "9007199254740992", "rejected"),
        ({"const": 9007199254740993}, "9007199254740993.0", "accepted"),
        ({"maximum": 1}, "1.00000000000000000000001", "rejected"),
        ({"type": "integer"}, "1e3", "accepted"),
        ({"type": "integer"}, "1e-3", "rejected"),
        ({"type": "integer"}, "1.0000000000000000000000001", "rejected"),
        ({"uniqueItems": True}, "[1, true, 0, false]", "accepted"),
        ({"uniqueItems": True}, "[[1], [true], [1]]", "rejected"),
        ({"uniqueItems": True}, '[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]', "rejected"),
        ({"enum": [1]}, "true", "rejected"),
        ({"maxLength": 1}, '"\\ud83d\\ude00"', "accepted"),
        ({"pattern": "^a$"}, '"a\\n"', "rejected"),
        ({"pattern": "^\\d$"}, '"\u0664"', "rejected"),
        ({"pattern": "^\\w$"}, '"\u00e9"', "rejected"),
        ({"pattern": "^\\W$"}, '"\u00e9"', "accepted"),
        ({"pattern": "^.$"}, '"\\u2028"', "rejected"),
        ({"pattern": "^\\s$"}, '"\\ufeff"', "accepted"),
        ({"pattern": "^\\p{Lu}$"}, '"\u00c9"', "accepted"),
        ({"pattern": "(a)\\1"}, '"aa"', "unknown"),
        ({"pattern": "(?i)a"}, '"a"', "unknown"),
        ({"patternProperties": {"(?P<x>a)": False}}, '{"b": 1}', "unknown"),
        ({"$ref": "#"}, "1", "unknown"),
        ({"type": "number"}, "1e999999999", "unknown"),
        ({"type": "number"}, "9" * 5_000, "unknown"),
        ({"type": "array"}, "[" * 101 + "]" * 101, "unknown"),
        ({"type": "array"}, "[" * 100 + "]" * 100, "accepted"),
        (True, "null", "accepted"),
        (False, "null", "rejected"),
        ({"format": "date"}, '"no date"', "accepted"),
    ],
)
def test_hard_cases_are_decided_exactly(schema: object, text: str, verdict: str) -> None:
    assert judge(domain, {"schema": schema}, text).verdict.value == verdict


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"schema": {"type": "strin"}}, "schema-invalid"),
        ({"schema": {"minimum": "1"}}, "schema-invalid"),
        ({"schema": {"properties": []}}, "schema-invalid"),
        ({"schema": {"multipleOf": 0}}, "schema-invalid"),
        ({"schema": {"$ref": "https://example.org/other"}}, "schema-reference"),
        ({"schema": {"properties": {"a": {"$ref": "#/$defs/no"}}}}, "schema-reference"),
        ({"schema": {"$ref": "file:///etc/passwd"}}, "schema-reference"),
        ({"schema": {"$schema": "http://json-schema.org/draft-03/schema#"}}, "schema-dialect"),
        ({"schema": {"$schema": "https://example.org/own"}}, "schema-dialect"),
        ({"schema": {"$schema": "x"}, "schemas": {"x": {"$schema": "x"}}}, "schema-dialect"),
        ({"schema": {"$ref": "http://[bad"}}, "schema-reference"),
        ({"schema": {"$id": "http://[bad/", "$ref": "x"}}, "schema-reference"),
        ({"schema": {"$ref": "#/%zz/%ff"}}, "schema-reference"),
        ({"schema": {"$ref": "#/x", "x": {"type": "strin"}}}, "schema-invalid"),
        ({"schema": {"$ref": "u"}, "schemas": {"u": {"type": "strin"}}}, "schema-invalid"),
        (
            {"schema": {"$ref": "u#/a/b"}, "schemas": {"u": {"a": {"b": {"not": 1}}}}},
            "schema-invalid",
        ),
        ({"schema": {"items": [{"type": "string"}]}}, "schema-invalid"),
        ({}, "problem-invalid"),
        ({"schema": {}, "json_schema": {"schema": {}}}, "problem-invalid"),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "problem-invalid"),
        ({"schema": 3}, "problem-invalid"),
    ],
)
def test_a_wrong_problem_is_refused(payload: dict, code: str) -> None:
    with pytest.raises(ProblemError) as error:
        judge(domain, payload, "1")
    assert error.value.diagnostics[0].code == code


@pytest.mark.parametrize("keyword", ["not", "items", "additionalProperties"])
def test_a_schema_may_nest_deeply(keyword: str) -> None:
    schema: dict = {"type": "string"}
    for _ in range(98):
        schema = {keyword: schema}
    assert judge(domain, {"schema": schema}, '"x"').verdict is Verdict.ACCEPTED
    schema["if"] = {"type": "strin"}
    with pytest.raises(ProblemError, match="`/if/type` of the schema"):
        judge(domain, {"schema": schema}, '"x"')


def test_nesting_is_capped() -> None:
    schema: dict = {}
    for _ in range(150):
        schema = {"not": schema}
    with pytest.raises(ProblemError, match="nests deeper"):
        judge(domain, {"schema": schema}, "1")


def test_supplied_schemas_are_found_and_nothing_else() -> None:
    payload = {
        "schema": {"$ref": "https://example.org/a#/$defs/x"},
        "schemas": {
            "https://example.org/a": {"$defs": {"x": {"$ref": "b"}}},
            "https://example.org/b": {"type": "integer"},
        },
    }
    assert judge(domain, payload, "1").verdict is Verdict.ACCEPTED
    assert judge(domain, payload, '"1"').codes == ("schema-type",)


def test_a_format_decides_nothing_unless_asked_and_says_so() -> None:
    silent = judge(domain, {"schema": {"format": "date"}}, '"x"')
    assert [d.code for d in silent.diagnostics] == ["schema-format-ignored"]
    assert "an annotation that decides nothing" in silent.coverage.decided[1]
    asked = {"schema": {"format": "date"}, "assert_formats": True}
    assert judge(domain, asked, '"x"').codes == ("schema-format",)
    open_format = {"schema": {"format": "iri"}, "assert_formats": True}
    assert judge(domain, open_format, '"x"').verdict is Verdict.UNKNOWN


def test_a_keyword_of_another_draft_is_named() -> None:
    schema: dict = {"dependencies": {"a": ["b"]}, "requierd": ["a"], "x-own": 1, "title": "t"}
    (warning,) = judge(domain, {"schema": schema}, '{"a": 1}').diagnostics
    assert warning.code == "schema-keyword-ignored"
    assert warning.headline.endswith("`dependencies`, `requierd`")
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}}
    assert judge(domain, {"schema": old}, '{"a": 1}').codes == ("schema-required",)


def test_a_vocabulary_that_is_left_out_decides_nothing() -> None:
    core = "https://json-schema.org/draft/2020-12/vocab/core"
    meta = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$vocabulary": {core: True, "urn:other": False},
        "required": ["title"],
    }
    schema = {"$schema": "urn:meta", "title": "t", "minimum": 5}
    payload = {"schema": schema, "schemas": {"urn:meta": meta}}
    assert judge(domain, payload, "3").verdict is Verdict.ACCEPTED
    with pytest.raises(ProblemError, match="`title` is missing"):
        judge(domain, {**payload, "schema": {"$schema": "urn:meta"}}, "3")
    meta["$vocabulary"] = {core: True, "urn:other": True}
    with pytest.raises(ProblemError, match="urn:other"):
        judge(domain, payload, "3")


def test_the_openai_form_is_the_same_problem() -> None:
    inner = {"name": "out", "strict": True, "schema": {"type": "integer"}}
    payload = {"type": "json_schema", "json_schema": inner}
    assert judge(domain, payload, "1").verdict is Verdict.ACCEPTED
    assert judge(domain, payload, "1.5").codes == ("schema-type",)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 1.5])
    | st.sampled_from(["", "a", "ab", "abc"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def keywords(inner: st.SearchStrategy) -> st.SearchStrategy:
    named = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    listed = st.lists(inner, min_size=1, max_size=2)
    small = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": small,
            "multipleOf": st.sampled_from([0.5, 1, 2]),
            "maxLength": small,
            "pattern": st.sampled_from(["^a", "b$", "^a.*c$"]),
            "minItems": small,
            "uniqueItems": st.booleans(),
            "prefixItems": listed,
            "items": inner,
            "contains": inner,
            "maxContains": small,
            "properties": named,
            "patternProperties": st.dictionaries(st.sampled_from(["a", "^b"]), inner, max_size=1),
            "additionalProperties": inner,
            "required": st.lists(st.sampled_from("abc"), unique=True, max_size=2),
            "propertyNames": inner,
            "allOf": listed,
            "anyOf": listed,
            "oneOf": listed,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "unevaluatedItems": inner,
            "unevaluatedProperties": inner,
        },
    )


NAMES = [
    *("$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "$schema", "type"),
    *("enum", "const", "multipleOf", "maximum", "pattern", "required", "dependentRequired"),
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "properties", "patternProperties"),
    *("additionalProperties", "propertyNames", "items", "prefixItems", "contains", "minContains"),
    *("unevaluatedItems", "unevaluatedProperties", "dependentSchemas", "format", "uniqueItems"),
]
ANY_VALUE = st.recursive(
    SCALARS | st.sampled_from(["#", "#a", "#/$defs/a", "a", "object", "urn:x", "(", "date"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "a", "b"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(
    schema=st.dictionaries(st.sampled_from(NAMES), ANY_VALUE, min_size=1, max_size=4),
    supplied=st.dictionaries(
        st.sampled_from(["a", "urn:x", ""]),
        st.dictionaries(st.sampled_from(NAMES), ANY_VALUE, max_size=3),
        max_size=2,
    ),
    value=VALUES,
)
def test_no_schema_brings_it_down(schema: dict, supplied: dict, value: object) -> None:
    try:
        judgement = judge(domain, {"schema": schema, "schemas": supplied}, json.dumps(value))
    except ProblemError:
        return
    assert not {"critic-crashed", "critic-memory"} & set(judgement.codes)


SCHEMAS = st.recursive(
    st.booleans() | st.fixed_dictionaries({"type": st.sampled_from(TYPES)}), keywords, max_leaves=8
)


@settings(max_examples=120, deadline=None)
@given(schema=SCHEMAS, value=VALUES)
def test_the_library_agrees_on_any_schema(schema: object, value: object) -> None:
    text = json.dumps(value)
    own = judge(domain, {"schema": schema}, text).verdict
    opinion = give_opinion(SchemaProblem.model_validate({"schema": schema}), text)
    assert own in (Verdict.ACCEPTED, Verdict.REJECTED)
    assert opinion.verdict is own


@given(text=st.text(max_size=60) | st.text('[]{}",:0123456789.eE+-truefalsn\\u', max_size=40))
def test_no_text_brings_it_down(text: str) -> None:
    judgement = judge(domain, {"schema": STAFF}, text)
    assert judgement.verdict is not Verdict.ACCEPTED
    assert not {"critic-crashed", "critic-memory"} & set(judgement.codes)


@settings(max_examples=120, deadline=None)
@given(
    pattern=st.text("ab01^$.*+?()[]{}|\\-,wWdDsSbBpP<>=!:xu", max_size=12), text=st.text("ab01 \n")
)
def test_no_pattern_brings_it_down(pattern: str, text: str) -> None:
    judgement = judge(domain, {"schema": {"pattern": pattern}}, json.dumps(text))
    assert not {"critic-crashed", "critic-memory"} & set(judgement.codes)


@pytest.mark.parametrize("number", ["1" * 3000 + "e3000", "-" + "1" * 3000 + "e3000", "1e-3999"])
def test_numbers_beyond_what_is_written_are_decided(number: str) -> None:
    for schema, code in ({"type": "string"}, "schema-type"), ({"const": 5}, "schema-value"):
        assert judge(domain, {"schema": schema}, number).codes == (code,)
    assert judge(domain, {"schema": {"type": "number"}}, number).verdict is Verdict.ACCEPTED
