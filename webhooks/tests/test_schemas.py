"""What data lacks by a schema, in words and with its place."""

import pytest
from jsonschema import Draft202012Validator

from tenants.events import event_types
from webhooks.schemas import data_problems, schema_problems


@pytest.mark.parametrize("declared", event_types(), ids=lambda one: one.name)
def test_the_example_of_every_type_fits_its_schema(declared):
    Draft202012Validator.check_schema(declared.schema)

    assert data_problems(declared.schema, declared.example) == []


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "integer"}, "1", "of the type integer"),
        ({"type": ["string", "null"]}, 1, "string, null"),
        ({"enum": ["a", "b"]}, "c", "one of: a, b"),
        ({"minimum": 3}, 2, "too small; the limit is 3"),
        ({"maximum": 3}, 4, "too large; the limit is 3"),
        ({"minLength": 3}, "a", "too short; the limit is 3"),
        ({"maxItems": 1}, [1, 2], "too long; the limit is 1"),
        ({"format": "date-time"}, "2026-11-21T09:00:00", "form date-time"),
        ({"format": "date-time"}, "2026-13-21T09:00:00Z", "form date-time"),
        ({"format": "date"}, "21.11.2026", "form date"),
        ({"format": "uuid"}, "7", "form uuid"),
        ({"additionalProperties": False}, {"b": 1}, "does not know"),
        ({"not": {}}, 1, "rule “not”"),
    ],
)
def test_words(schema, value, message):
    (problem,) = data_problems({"type": "object", "properties": {"a": schema}}, {"a": value})

    assert problem.path == "a"
    assert message in problem.message


def test_at_most_twenty_problems_are_told():
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}

    assert len(data_problems(schema, {"a": ["x"] * 1000})) == 20


@pytest.mark.parametrize("schema", [[], 7, None, "object"])
def test_a_schema_is_an_object(schema):
    assert schema_problems(schema)
