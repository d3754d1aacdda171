"""The API of imports: upload, look, write, take back; precise refusals; never another company's."""

import json
from typing import Any

import pytest
from django.test import Client

from exports.models import Import
from exports.tests.imports import csv_file, extensions_of, previewed, run, upload
from exports.tests.test_api import caller
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_extension, make_member, make_tenant

URL = "/api/v1/imports"
FILE = "Number;Name\n150;Anna\n151;Boris\nabc;Dora\n"


def post(client: Client, file: Any = FILE, **values: Any) -> Any:
    content = csv_file(file) if isinstance(file, str) else file
    headers = values.pop("headers", {})
    return client.post(URL, {"dataset": "extensions", "file": content, **values}, headers=headers)


def job_of(answer: Any) -> Import:
    with all_tenants():
        return Import.objects.get(pk=answer.json()["id"])


def test_a_file_is_previewed_written_and_taken_back(tenant: Tenant) -> None:
    make_extension(tenant, "151", "Bob")
    client = caller(tenant, ["imports:*"])

    made = post(client)
    one = f"{URL}/{made.json()['id']}"
    run(job_of(made))
    looked = client.get(one).json()
    rows = client.get(f"{one}/rows").json()["results"]
    wrong = client.get(f"{one}/rows?action=error").json()["results"]
    written = client.post(f"{one}/apply")
    again = client.post(f"{one}/apply")
    run(job_of(made))
    done = client.get(one).json()
    undone = client.post(f"{one}/undo")
    run(job_of(made))

    assert (made.status_code, made.json()["state"]) == (201, "pending")
    assert (looked["state"], looked["can_apply"], looked["new"], looked["changed"], looked["errors"]) == (
        "ready", True, 1, 1, 1,
    )  # fmt: skip
    assert looked["columns"] == [["Number", "number"], ["Name", "name"]]
    assert [row["number"] for row in rows] == [2, 3, 4]
    assert (rows[1]["before"], rows[1]["values"]) == ({"name": "Bob"}, {"name": "Boris"})
    assert [row["errors"] for row in wrong] == [{"number": "Only digits, * and #, at most ten characters."}]
    assert (written.status_code, again.status_code) == (202, 409)
    assert (done["state"], done["written"], done["can_undo"]) == ("done", 2, True)
    assert (undone.status_code, extensions_of(tenant)) == (202, {"151": "Bob"})
    assert client.delete(one).status_code == 204


@pytest.mark.parametrize(
    ("accepted", "values", "language", "told"),
    [
        ("ru", {}, "ru", "Только цифры, * и #, не больше десяти знаков."),
        ("en", {}, "en", "Only digits, * and #, at most ten characters."),
        ("ru", {"language": "en"}, "en", "Only digits, * and #, at most ten characters."),
        ("", {}, "en", "Only digits, * and #, at most ten characters."),
        ("fr", {}, "en", "Only digits, * and #, at most ten characters."),
    ],
)
def test_it_speaks_the_language_of_whoever_uploads(
    tenant: Tenant, accepted: str, values: dict[str, str], language: str, told: str
) -> None:
    """Its rows are looked through by a worker, which knows no caller."""
    client = caller(tenant, ["imports:*"])

    made = post(client, headers={"accept-language": accepted} if accepted else {}, **values)
    run(job_of(made))
    rows = client.get(f"{URL}/{made.json()['id']}/rows?action=error").json()["results"]

    assert made.json()["language"] == language
    assert rows[0]["errors"] == {"number": told}


def test_rows_are_paged_in_the_order_of_the_file(tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    job = previewed(tenant, "number\n" + "".join(f"{at}\n" for at in range(7)))
    client = caller(tenant, ["imports:read"])
    address, numbers = f"{URL}/{job.pk}/rows?page_size=3", []
    client.get(address)

    while address:
        with django_assert_max_num_queries(6):
            page = client.get(address).json()
        numbers.append([row["number"] for row in page["results"]])
        address = page["next"]

    assert numbers == [[2, 3, 4], [5, 6, 7], [8]]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"dataset": "calls"}, "dataset"),
        ({"mode": "destroy"}, "mode"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": '{"a": "nothing"}'}, "mapping"),
        ({"file": csv_file("x", "a.exe")}, "file"),
        ({"file": "no file"}, "file"),
        ({"language": "xx"}, "language"),
        ({"nonsense": "1"}, "nonsense"),
    ],
)
def test_what_is_wrong_is_named(tenant: Tenant, values: dict[str, Any], field: str) -> None:
    body = {"dataset": "extensions", "file": csv_file(FILE), **values}

    answer = caller(tenant, ["imports:*"]).post(URL, body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    with all_tenants():
        assert not Import.objects.exists()


def test_a_mapping(tenant: Tenant) -> None:
    client = caller(tenant, ["imports:*"])

    made = post(
        client, "Внутренний;Кто\n150;Anna\n", mapping=json.dumps({"Внутренний": "number", "Кто": "name"})
    )

    assert (made.status_code, run(job_of(made)).new) == (201, 1)


def test_a_repeat_with_the_same_key_is_one_import(tenant: Tenant) -> None:
    client = caller(tenant, ["imports:*"])

    first = post(client, headers={"Idempotency-Key": "once"})
    second = post(client, headers={"Idempotency-Key": "once"})
    other = post(client, FILE + "152;Clara\n", headers={"Idempotency-Key": "once"})

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["id"] == second.json()["id"]


def test_keys_need_the_scopes_and_people_the_role(tenant: Tenant) -> None:
    agent, manager = Client(), Client()
    agent.force_login(make_member(tenant, "agent").user)
    manager.force_login(make_member(tenant, "manager").user)
    job = upload(tenant, FILE)

    assert post(caller(tenant, ["exports:*"])).status_code == 403
    assert post(caller(tenant, ["imports:*"]), dataset="contacts").status_code == 400
    assert post(agent).status_code == 403
    # Extensions are the administrators' matter: managers neither import them nor see what others import.
    assert post(manager).status_code == 400
    assert manager.get(f"{URL}/{job.pk}").status_code == 404
    names = [one["name"] for one in manager.get(f"{URL}/datasets").json()]
    assert names == ["companies", "contacts", "products"]


def test_another_company_finds_nothing(tenant: Tenant) -> None:
    job = previewed(tenant, FILE)
    stranger = caller(make_tenant(), ["imports:*"])
    one = f"{URL}/{job.pk}"

    answers = [
        stranger.get(one),
        stranger.get(f"{one}/rows"),
        *(stranger.post(f"{one}/{name}") for name in ("apply", "undo", "cancel")),
        stranger.delete(one),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert stranger.get(URL).json()["results"] == []


def test_cancelling(tenant: Tenant) -> None:
    client = caller(tenant, ["imports:*"])
    job = upload(tenant, FILE)

    assert client.post(f"{URL}/{job.pk}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{URL}/{job.pk}/cancel").status_code == 409
