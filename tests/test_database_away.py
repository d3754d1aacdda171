"""Pages and the API while the database does not answer: a 503 that says so, never a defect of ours."""

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    def away(*arguments: object, **options: object) -> object:
        raise OperationalError("couldn't get a connection after 4.00 sec")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", away)
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The database does not answer"), ("ru", "База данных не отвечает")]
)
def test_a_page_says_so(client: Client, language: str, words: str) -> None:
    answer = client.get("/admin/login/", headers={"accept-language": language})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert words in answer.content.decode()


def test_the_api_says_so(client: Client) -> None:
    answer = client.get(
        "/api/v1/calls", headers={"authorization": "Bearer sbk_unknown", "accept-language": "en"}
    )

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unavailable"
    assert answer.json()["detail"] == "The database does not answer. Try again later."
