"""What the API says of a wrong request is in the language of whoever asks, and in no mixture of two."""

import json
import re

import pytest
from django.test import Client

from tenants.tests.factories import make_api_key, make_tenant

pytestmark = pytest.mark.django_db
LATIN = re.compile(r"[A-Za-z]{3,}")
NAMES = {"true", "false", "null", "JSON", "UUID", "list", "dict", "str", "int"}
"""What is written so in any language: words of JSON, and the kinds of values."""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("extensions", []),
        ("extensions", {}),
        ("extensions", {"number": [], "mobiles": "x", "name": {}}),
        ("extensions", {"number": "1" * 1000, "mobiles": [None]}),
        ("endpoints", {"name": None, "url": 5, "events": {}, "is_enabled": "perhaps"}),
        ("events", {"type": [], "data": 5}),
        ("exports", {"dataset": [], "format": "docx", "columns": "x", "filters": []}),
        ("contacts", {"name": [], "phones": {}, "emails": "x"}),
    ],
)
def test_mistakes_are_told_in_russian(path: str, body: object) -> None:
    key = make_api_key(make_tenant(language="ru"), ["*"])[1]
    machine = Client(headers={"x-api-key": key, "accept-language": "ru"})

    answer = machine.post(f"/api/v1/{path}", json.dumps(body), "application/json")

    assert answer.status_code in (400, 422)
    told = answer.json()
    errors = told.get("errors") or [{"field": "", "message": told["detail"]}]
    for error in errors:
        names = {error["field"], *re.split(r"\W+", error["field"]), *NAMES}
        foreign = set(LATIN.findall(error["message"])) - names
        assert not foreign, error
