"""Lines, working hours, rules and choices in the configuration file: applied, dumped, and refused with the line."""

from typing import Any

import pytest
import yaml

from telephony.models import CallPolicy, CallRule, Line, LineHearer, PopupChoice, WorkingHours
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.scoping import all_tenants
from tests import documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample() -> str:
    [block] = [one for one in documents.blocks("yaml") if one.document == "docs/configuration.md"]
    return block.text


KEYS = ("working_hours", "lines", "call_rules", "calls")


def dumped() -> dict[str, Any]:
    [company] = dump_tenants(["0367"])["tenants"]
    return {key: company[key] for key in KEYS}


def test_applied_and_applied_again(sample: str) -> None:
    apply_text(sample)
    assert apply_text(sample).changes == []

    with all_tenants():
        hours, line, rule = WorkingHours.objects.get(), Line.objects.get(), CallRule.objects.get()
        assert hours.weekly["fri"] == "09:00-18:00"
        assert (line.hours_id, line.extension) == (hours.pk, "150")
        assert [row.integration.name for row in LineHearer.objects.select_related("integration")] == [
            "Main CRM"
        ]
        assert (rule.place, rule.lines, rule.creates_task, rule.task_hours) == (10, [line.number], True, 2)
        assert CallPolicy.objects.get().recording_wait == 60
        assert list(PopupChoice.objects.values_list("extension", "mode")) == [("151", "answer")]


def test_dump_can_be_applied(sample: str) -> None:
    apply_text(sample)
    first = dumped()

    apply_text(yaml.safe_dump({"tenants": [{"number": "0367", "name": "June", **first}]}))

    assert dumped() == first
    assert first["call_rules"][0]["create_contact"] is True


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("working_hours", [{"name": "A", "weekly": {"mon": "nine to five"}}], "not a time"),
        ("working_hours", [{"name": "A", "weekly": {"monday": "09:00-18:00"}}], "not a day"),
        ("lines", [{"number": "+375170000000", "working_hours": "None such"}], "no working hours"),
        ("lines", [{"number": "+375170000000", "integrations": ["None such"]}], "no integration"),
        ("call_rules", [{"name": "A"}], "Choose what the rule does"),
        ("call_rules", [{"name": "A", "create_task": True, "name_template": "{secret}"}], "braces"),
        ("call_rules", [{"name": "A", "create_task": True, "direction": "sideways"}], "direction"),
        ("calls", {"popups": "always"}, "popup"),
        ("calls", {"recording_wait": "long"}, "whole number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(key: str, value: Any, words: str) -> None:
    file = yaml.safe_dump({"tenants": [{"number": "0367", "name": "June", key: value}]}, sort_keys=False)

    with pytest.raises(ConfigurationError) as raised:
        apply_text(file)

    assert str(raised.value).startswith("line ")
    assert words in str(raised.value)
    with all_tenants():
        assert not any(model.objects.exists() for model in (WorkingHours, Line, CallRule, CallPolicy))
