"""Plans as JSON: whatever fits the schema is read as exactly one candidate."""

import json
from itertools import islice

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from critics.pddl import PddlProblem, answer_schema, domain, load
from critics.pddl.plan import parse_plan
from tests.critics.pddl.test_advice import BLOCKS, KEYS, TOWER

MANY = TOWER.replace("a b c)", "a b c " + " ".join(f"x{n}" for n in range(30)) + ")")


def draw_plan(draw, schema):  # noqa: PLR0911  # one case per keyword
    """Draw an instance of the schema by its keywords."""
    match schema:
        case {"enum": names}:
            return draw(st.sampled_from(names))
        case {"const": value}:
            return value
        case {"anyOf": parts}:
            return draw_plan(draw, draw(st.sampled_from(parts)))
        case {"prefixItems": parts}:
            return [draw_plan(draw, part) for part in parts]
        case {"type": "object", "properties": properties}:
            return {name: draw_plan(draw, part) for name, part in properties.items()}
        case {"items": part, "minItems": least}:
            return [draw_plan(draw, part) for _ in range(draw(st.integers(least, 6)))]
    return []


def read(task, instance):
    return list(domain.extract(task, json.dumps(instance)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), text=st.sampled_from([TOWER, MANY]))
def test_what_fits_the_schema_is_one_candidate(data, text):
    task = load(PddlProblem(domain=BLOCKS, problem=text))
    schema = answer_schema.write_answer_schema(task)
    instance = draw_plan(data.draw, schema)
    assert Draft202012Validator(schema).is_valid(instance)
    (found,) = read(task, instance)
    assert len(parse_plan(task, found).steps) == len(instance["plan"])


def test_a_small_task_lists_its_steps_and_a_large_one_its_objects():
    small, large = (load(PddlProblem(domain=BLOCKS, problem=text)) for text in (TOWER, MANY))
    step = answer_schema.write_answer_schema(small)["properties"]["plan"]["items"]
    assert "(stack a b)" in step["enum"]
    parts = answer_schema.write_answer_schema(large)["properties"]["plan"]["items"]["anyOf"]
    assert [part["properties"]["action"]["const"] for part in parts] == [
        "pick",
        "put",
        "stack",
        "unstack",
    ]


def test_a_huge_task_lists_no_objects(monkeypatch):
    monkeypatch.setattr(answer_schema, "MAX_NAMES", 10)
    large = load(PddlProblem(domain=BLOCKS, problem=MANY))
    parts = answer_schema.write_answer_schema(large)["properties"]["plan"]["items"]["anyOf"]
    arguments = parts[0]["properties"]["arguments"]
    assert arguments["prefixItems"] == [{"type": "string"}]


def test_an_action_without_objects_is_left_out():
    text = KEYS.replace("(:predicates", "(:types t) (:predicates").replace(
        "(:action drop :parameters (?k)", "(:action drop :parameters (?k - t)"
    )
    problem = "(define (problem p) (:domain keys) (:objects k) (:init) (:goal (open k)))"
    schema = answer_schema.write_answer_schema(load(PddlProblem(domain=text, problem=problem)))
    assert schema["properties"]["plan"]["items"] == {"enum": ["(use k k)"]}


def test_recorded_witnesses_fit(planbench):
    solvable = [row for row in planbench.problems.values() if row["witness_plan"]]
    for row in islice(solvable, 0, None, 120):
        task = load(PddlProblem(**planbench.payload(row["id"])))
        schema = answer_schema.write_answer_schema(task)
        listed = schema["properties"]["plan"]["items"].get("enum")
        plan = row["witness_plan"]
        text = plan if isinstance(plan, str) else "\n".join(plan)
        steps = [(s.action.signature.name, s.arguments) for s in parse_plan(task, text).steps]
        written = [
            f"({' '.join((name, *row))})"
            if listed is not None
            else {"action": name, "arguments": list(row)}
            for name, row in steps
        ]
        assert Draft202012Validator(schema).is_valid({"plan": written})
        (found,) = read(task, {"plan": written})
        assert len(parse_plan(task, found).steps) == len(steps)
