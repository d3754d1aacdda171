"""Every event type that an app declares is told to people and has an example that fits its schema."""

import pytest
from django.utils import translation

from tenants.events import PUBLISHABLE, event_types


@pytest.mark.parametrize("declared", event_types(), ids=lambda one: one.name)
def test_a_type_is_complete(declared):
    with translation.override("en"):
        assert str(declared.title)
        assert str(declared.description)
    assert declared.schema.get("type") == "object"
    assert set(declared.schema.get("required", [])) <= set(declared.example)
    assert set(declared.example) <= set(declared.schema.get("properties", declared.example))


DEMANDED = {
    "document": "uploaded processed deleted shared",
    "user": "registered login updated deleted",
    "rag.query": "completed",
    "search": "performed",
    "system": "alert",
    "security": "violation",
    "custom": "event",
    "contact": "created updated deleted",
    "deal": "created updated stage_changed won lost deleted",
    "order": "created updated status_changed paid cancelled deleted",
    "product": "created updated stock_changed deleted",
    "invoice": "created updated paid cancelled",
    "payment": "created succeeded failed refunded",
    "message": "received sent delivered read failed",
    "sync": "started completed failed",
}


def test_outside_systems_may_publish_these_and_no_others():
    """What happens in Switchboard itself, such as a call, is told by Switchboard alone."""
    demanded = {f"{group}.{verb}" for group, verbs in DEMANDED.items() for verb in verbs.split()}

    assert {one.name for one in event_types() if PUBLISHABLE in one.labels} == demanded
    assert {one.name.partition(".")[0] for one in event_types()} >= {
        "call",
        "export",
        "integration",
        "endpoint",
        "audit",
    }
