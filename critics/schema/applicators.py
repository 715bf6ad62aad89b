"""Keywords that apply other schemas to a value, or to its parts."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from critics.schema.assertions import name_type
from critics.schema.frames import Fault, Frame, Outcome, Run
from critics.schema.patterns import compile_pattern
from critics.schema.resources import Schema, Unresolvable

Applicator: TypeAlias = Callable[[Run, Frame], None]


def point(at: str, part: str | int) -> str:
    """Extend a JSON pointer (RFC 6901)."""
    return f"{at}/{str(part).replace('~', '~0').replace('/', '~1')}"


def _same(run: Run, frame: Frame, schema: Schema) -> Outcome:
    return run.apply(schema, frame.base, frame.value, frame.at)


def _item(run: Run, frame: Frame, schema: Schema, place: int) -> None:
    inner = run.apply(schema, frame.base, frame.value[place], point(frame.at, place))
    frame.out.faults += inner.faults
    frame.out.items.add(place)


def _member(run: Run, frame: Frame, schema: Schema, name: str, keyword: str) -> None:
    at = point(frame.at, name)
    frame.out.names.add(name)
    if schema is False:
        frame.out.faults.append(
            Fault("schema-extra", f"the property `{name[:80]}` is not allowed", at, keyword)
        )
        return
    frame.out.faults += run.apply(schema, frame.base, frame.value[name], at).faults


def _ref(run: Run, frame: Frame) -> None:
    reference = frame.schema["$ref"]
    if not isinstance(reference, str):
        raise Unresolvable(f"a {name_type(reference)}")
    target = run.library.resolve(frame.base, reference)
    frame.out.adopt(run.apply(target.schema, target.base, frame.value, frame.at))


def _dynamic_ref(run: Run, frame: Frame) -> None:
    """Apply the outermost schema of that dynamic name (Core 2020-12, 8.2.3.2)."""
    target = run.library.resolve(frame.base, frame.schema["$dynamicRef"])
    schema, base, name = target.schema, target.base, target.anchor
    if name is not None and name in run.library.resource(base).dynamic:
        for uri in run.scope:
            found = run.library.resource(uri).dynamic.get(name)
            if found is not None:
                schema, base = found, uri
                break
    frame.out.adopt(run.apply(schema, base, frame.value, frame.at))


def _recursive_ref(run: Run, frame: Frame) -> None:
    """Apply the outermost recursive schema (Core 2019-09, 8.2.4.2.1)."""
    target = run.library.resolve(frame.base, frame.schema["$recursiveRef"])
    schema, base = target.schema, target.base
    if _recursive(schema):
        for uri in reversed(run.scope):
            root = run.library.resource(uri).root
            if not _recursive(root):
                break
            schema, base = root, uri
    frame.out.adopt(run.apply(schema, base, frame.value, frame.at))


def _recursive(schema: Schema) -> bool:
    return isinstance(schema, dict) and schema.get("$recursiveAnchor") is True


def _all_of(run: Run, frame: Frame) -> None:
    for schema in frame.schema["allOf"]:
        frame.out.adopt(_same(run, frame, schema))


def _any_of(run: Run, frame: Frame) -> None:
    outcomes = [_same(run, frame, schema) for schema in frame.schema["anyOf"]]
    _choose(frame, "anyOf", outcomes)


def _one_of(run: Run, frame: Frame) -> None:
    outcomes = [_same(run, frame, schema) for schema in frame.schema["oneOf"]]
    valid = [place for place, outcome in enumerate(outcomes) if outcome.valid]
    if len(valid) > 1:
        said = f"alternatives {valid[0]} and {valid[1]} of `oneOf` hold at once"
        frame.object("oneOf", "schema-choice", said)
    else:
        _choose(frame, "oneOf", outcomes)


def _choose(frame: Frame, keyword: str, outcomes: list[Outcome]) -> None:
    valid = [outcome for outcome in outcomes if outcome.valid]
    for outcome in valid:
        frame.out.adopt(outcome)
    if not valid:
        # The alternative that came furthest into the document is most likely the one that is meant.
        nearest = min(outcomes, key=_distance)
        said = f"none of the {len(outcomes)} alternatives of `{keyword}` holds"
        frame.object(keyword, "schema-choice", said, tuple(nearest.faults[:3]))


def _distance(outcome: Outcome) -> tuple[int, int]:
    return len(outcome.faults), -max(fault.at.count("/") for fault in outcome.faults)


def _not(run: Run, frame: Frame) -> None:
    if _same(run, frame, frame.schema["not"]).valid:
        frame.object("not", "schema-choice", "what `not` forbids holds")


def _if(run: Run, frame: Frame) -> None:
    condition = _same(run, frame, frame.schema["if"])
    if condition.valid:
        frame.out.adopt(condition)
    branch = "then" if condition.valid else "else"
    if branch in frame.schema:
        frame.out.adopt(_same(run, frame, frame.schema[branch]))


def _dependent_schemas(run: Run, frame: Frame) -> None:
    if isinstance(frame.value, dict):
        for name, schema in frame.schema["dependentSchemas"].items():
            if name in frame.value:
                frame.out.adopt(_same(run, frame, schema))


def _dependencies(run: Run, frame: Frame) -> None:
    """Apply schemas or demand properties where another is present (drafts 4 to 7)."""
    if not isinstance(frame.value, dict):
        return
    for name, need in frame.schema["dependencies"].items():
        if name not in frame.value:
            continue
        if not isinstance(need, list):
            frame.out.adopt(_same(run, frame, need))
            continue
        missing = [other for other in need if other not in frame.value]
        if missing:
            said = f"`{missing[0]}` is missing, which `{name}` demands"
            frame.object("dependencies", "schema-required", said)


def _prefix_items(run: Run, frame: Frame) -> None:
    if isinstance(frame.value, list):
        for place, schema in enumerate(frame.schema["prefixItems"][: len(frame.value)]):
            _item(run, frame, schema, place)


def _items(run: Run, frame: Frame) -> None:
    if not isinstance(frame.value, list):
        return
    schema = frame.schema["items"]
    if frame.dialect.item_lists and isinstance(schema, list):
        for place, inner in enumerate(schema[: len(frame.value)]):
            _item(run, frame, inner, place)
        return
    modern = "prefixItems" in frame.dialect.keywords
    first = len(frame.schema.get("prefixItems", ())) if modern else 0
    for place in range(first, len(frame.value)):
        _item(run, frame, schema, place)


def _additional_items(run: Run, frame: Frame) -> None:
    listed = frame.schema.get("items")
    if isinstance(frame.value, list) and isinstance(listed, list):
        for place in range(len(listed), len(frame.value)):
            _item(run, frame, frame.schema["additionalItems"], place)


def _contains(run: Run, frame: Frame) -> None:
    if not isinstance(frame.value, list):
        return
    schema = frame.schema["contains"]
    found = [
        place
        for place, value in enumerate(frame.value)
        if run.apply(schema, frame.base, value, point(frame.at, place)).valid
    ]
    if frame.dialect.contains_evaluates:
        frame.out.items.update(found)
    counted = "dependentRequired" in frame.dialect.keywords
    least = frame.schema.get("minContains", 1) if counted else 1
    most = frame.schema.get("maxContains") if counted else None
    if len(found) < least:
        said = f"{len(found)} items match `contains`, at least {least} are needed"
        frame.object("contains", "schema-array", said)
    if most is not None and len(found) > most:
        said = f"{len(found)} items match `contains`, at most {most} are allowed"
        frame.object("maxContains", "schema-array", said)


def _properties(run: Run, frame: Frame) -> None:
    if isinstance(frame.value, dict):
        for name, schema in frame.schema["properties"].items():
            if name in frame.value:
                _member(run, frame, schema, name, "properties")


def _pattern_properties(run: Run, frame: Frame) -> None:
    if not isinstance(frame.value, dict):
        return
    for pattern, schema in frame.schema["patternProperties"].items():
        expression = compile_pattern(pattern)
        for name in frame.value:
            if expression.search(name):
                _member(run, frame, schema, name, "patternProperties")


def _additional_properties(run: Run, frame: Frame) -> None:
    if not isinstance(frame.value, dict):
        return
    known = frame.schema.get("properties", {})
    patterns = [compile_pattern(each) for each in frame.schema.get("patternProperties", {})]
    for name in frame.value:
        if name not in known and not any(pattern.search(name) for pattern in patterns):
            schema = frame.schema["additionalProperties"]
            _member(run, frame, schema, name, "additionalProperties")


def _property_names(run: Run, frame: Frame) -> None:
    if not isinstance(frame.value, dict):
        return
    for name in frame.value:
        inner = run.apply(frame.schema["propertyNames"], frame.base, name, point(frame.at, name))
        if not inner.valid:
            said = f"the name `{name[:80]}` is not allowed: {inner.faults[0].said}"
            frame.object("propertyNames", "schema-object", said)


def _unevaluated_items(run: Run, frame: Frame) -> None:
    if isinstance(frame.value, list) and frame.out.valid:
        for place in _rest(range(len(frame.value)), frame.out.items):
            _item(run, frame, frame.schema["unevaluatedItems"], place)


def _unevaluated_properties(run: Run, frame: Frame) -> None:
    if isinstance(frame.value, dict) and frame.out.valid:
        for name in [name for name in frame.value if name not in frame.out.names]:
            schema = frame.schema["unevaluatedProperties"]
            _member(run, frame, schema, name, "unevaluatedProperties")


def _rest(places: Iterable[int], evaluated: set[int]) -> list[int]:
    return [place for place in places if place not in evaluated]


APPLICATORS: Mapping[str, Applicator] = MappingProxyType(
    {
        "$ref": _ref,
        "$dynamicRef": _dynamic_ref,
        "$recursiveRef": _recursive_ref,
        "allOf": _all_of,
        "anyOf": _any_of,
        "oneOf": _one_of,
        "not": _not,
        "if": _if,
        "dependentSchemas": _dependent_schemas,
        "dependencies": _dependencies,
        "prefixItems": _prefix_items,
        "items": _items,
        "additionalItems": _additional_items,
        "contains": _contains,
        "properties": _properties,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "propertyNames": _property_names,
        "unevaluatedItems": _unevaluated_items,
        "unevaluatedProperties": _unevaluated_properties,
    }
)
