"""The API's description costs a second once, whoever asks however often."""

import json

import pytest
from drf_spectacular.generators import SchemaGenerator

from tenants.api import docs

ADDRESS = "/api/schema/"


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that it is really put together."""
    found: list[str] = []

    class Counted(SchemaGenerator):
        def get_schema(self, *args, **kwargs):
            found.append("once")
            return super().get_schema(*args, **kwargs)

    monkeypatch.setattr(docs.SchemaView, "generator_class", Counted)
    return found


def test_it_is_put_together_once_for_each_language_and_form(client, generated):
    addresses = [f"{ADDRESS}?lang={language}" for language in ("ru", "en", "xx", "../en", "ru")]

    answers = [client.get(address, headers={"accept": "application/json"}) for address in addresses]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(generated) == 2
    russian, english, *_others = [json.loads(answer.content) for answer in answers]
    assert russian["paths"].keys() == english["paths"].keys()
    assert russian != english


def test_its_forms_are_told_apart(client):
    for form in ("application/json", "application/vnd.oai.openapi"):
        answer = client.get(ADDRESS, headers={"accept": form})

        assert answer.headers["Content-Type"] == form
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")
