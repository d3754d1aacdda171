"""Every event type that an app declares is told to people and has an example that fits its schema."""

import pytest
from django.utils import translation

from tenants.events import event_types


@pytest.mark.parametrize("declared", event_types(), ids=lambda one: one.name)
def test_a_type_is_complete(declared):
    with translation.override("en"):
        assert str(declared.title)
        assert str(declared.description)
    assert declared.schema.get("type") == "object"
    assert set(declared.schema.get("required", [])) <= set(declared.example)
    assert set(declared.example) <= set(declared.schema.get("properties", declared.example))
