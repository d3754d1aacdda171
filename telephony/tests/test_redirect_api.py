"""Asking for a redirect over HTTP: by key, by the exchange's token, and by strangers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from telephony.actions.request_redirect import LANE
from telephony.api.redirects import strange_fields_total
from telephony.models import Pbx, RedirectDecision
from telephony.redirect import rules
from telephony.redirect.tests.factories import switch_on
from telephony.tests.factories import make_pbx
from tenants.models import Tenant, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_tenant

pytestmark = pytest.mark.django_db
TOKEN = "exchange-token-one"
ASKED = {"phone": "+375291234570", "unique_id": "pbx-1.1", "channel": "PJSIP/trunk-1-00000001"}
LITERAL, LIST = "/api/smart-redirect", "/api/v1/redirects"


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    rules.forget_rules()
    with all_tenants():
        yield
    rules.forget_rules()


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def pbx(tenant: Tenant) -> Pbx:
    made = make_pbx(tenant, TOKEN)
    switch_on(tenant, contexts=["hub-redirect"])
    return made


def client(tenant: Tenant, *scopes: str) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, list(scopes))[1]})


def post(caller: Client, body: dict[str, Any], path: str = LITERAL, **more: Any) -> Any:
    return caller.post(path, json.dumps(body), content_type="application/json", **more)


@pytest.mark.parametrize("path", [LITERAL, LIST])
def test_a_key_asks_and_gets_the_decision_to_look_at(pbx: Pbx, path: str) -> None:
    caller = client(pbx.tenant, "redirects:*")

    answer = post(caller, ASKED, path)

    assert answer.status_code == 202
    assert answer.json()["outcome"] == "pending"
    row = RedirectDecision.objects.get()
    assert (str(row.pk), row.context, row.mode) == (answer.json()["id"], "hub-redirect", "push")
    assert list(Work.objects.filter(lane=LANE).values_list("subject", "group")) == [(row.pk, str(pbx.pk))]
    assert caller.get(f"{LIST}/{row.pk}").json()["phone"] == "+375291234570"


def test_a_repeat_is_the_first_one(pbx: Pbx) -> None:
    caller = client(pbx.tenant, "redirects:write")

    first, second = post(caller, ASKED), post(caller, ASKED)

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    assert Work.objects.filter(lane=LANE).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"Token": TOKEN, "CallerIDNum": "+375291234570", "UniqueId": "pbx-1.1", "Channel": "PJSIP/a-1"},
        {"token": TOKEN, "phone": "+375291234570", "uid": "pbx-1.1", "did": "100"},
    ],
)
def test_an_exchange_asks_in_its_own_words(pbx: Pbx, body: dict[str, Any]) -> None:
    answer = post(Client(), body)

    assert answer.status_code == 202
    row = RedirectDecision.objects.get()
    assert (row.pbx_id, row.unique_id, row.phone) == (pbx.pk, "pbx-1.1", "+375291234570")
    assert TOKEN not in answer.content.decode()


def test_an_exchange_may_use_the_header_or_a_form(pbx: Pbx) -> None:
    by_header = post(Client(headers={"x-pbx-token": TOKEN}), ASKED)
    by_form = Client().post(
        LITERAL,
        "Token=exchange-token-one&phone=%2B375291234570&uid=pbx-2.2",
        content_type="application/x-www-form-urlencoded",
    )

    assert (by_header.status_code, by_form.status_code) == (202, 202)


def test_what_an_older_sender_says_besides_is_left_out_and_counted(pbx: Pbx) -> None:
    before = strange_fields_total.value()
    said = {"CallerIDName": "Anna", "CallType": 0, "Extensions": ["150"], "action": "redirect"}

    by_token = post(Client(), {**ASKED, "Token": TOKEN, **said})
    by_key = post(client(pbx.tenant, "redirects:write"), {**ASKED, "unique_id": "pbx-2.2", **said})
    strict = post(client(pbx.tenant, "redirects:write"), {**ASKED, **said}, LIST)

    assert (by_token.status_code, by_key.status_code, strict.status_code) == (202, 202, 400)
    assert strange_fields_total.value() - before == 8
    assert RedirectDecision.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"CallerIDNum": ["+375291234570"]}, "phone"),
        ({"uid": {"id": 1}}, "unique_id"),
        ({"Channel": True}, "channel"),
        ({"did": None}, "line"),
        ({"pbx": "nothing"}, "pbx"),
    ],
)
def test_a_known_field_of_a_wrong_type_is_named_there_too(
    pbx: Pbx, wrong: dict[str, Any], field: str
) -> None:
    usual = {"CallerIDNum": "+375291234570", "uid": "pbx-1.1", "more": "1"}

    answer = post(client(pbx.tenant, "redirects:write"), {**usual, **wrong})

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert RedirectDecision.objects.count() == 0


def test_a_context_that_is_not_allowed(pbx: Pbx) -> None:
    answer = post(client(pbx.tenant, "redirects:write"), {**ASKED, "context": "default"})

    assert answer.status_code == 200
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("normal", "context")
    assert Work.objects.filter(lane=LANE).count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "phone"),
        ({"phone": "+375291234570"}, "unique_id"),
        ({**ASKED, "number": "9999"}, "number"),
        ({**ASKED, "pbx": "nothing"}, "pbx"),
        ({**ASKED, "phone": "9" * 200}, "phone"),
    ],
)
def test_a_wrong_body_names_the_field(pbx: Pbx, body: dict[str, Any], field: str) -> None:
    answer = post(client(pbx.tenant, "redirects:write"), body, LIST)

    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert RedirectDecision.objects.count() == 0


def test_another_companys_exchange_and_decisions_do_not_exist(pbx: Pbx) -> None:
    stranger = make_tenant()
    make_pbx(stranger, "exchange-token-two")
    theirs = client(stranger, "*")
    post(client(pbx.tenant, "redirects:write"), ASKED)
    row = RedirectDecision.objects.get()

    by_id = post(theirs, {**ASKED, "pbx": str(pbx.pk)})

    assert by_id.status_code == 400
    assert theirs.get(f"{LIST}/{row.pk}").status_code == 404
    assert theirs.get(LIST).json()["results"] == []
    assert RedirectDecision.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, {"x-pbx-token": "nobody's-token"}, {"x-api-key": "sbk_nothing"}])
def test_strangers_are_refused(pbx: Pbx, headers: dict[str, str]) -> None:
    answer = post(Client(headers=headers), ASKED)

    assert answer.status_code == 401
    assert RedirectDecision.objects.count() == 0


def test_a_key_without_the_scope_is_refused(pbx: Pbx) -> None:
    assert post(client(pbx.tenant, "calls:write", "redirects:read"), ASKED).status_code == 403
    assert RedirectDecision.objects.count() == 0


def test_the_list_is_filtered(pbx: Pbx) -> None:
    caller = client(pbx.tenant, "redirects:*")
    post(caller, ASKED)
    post(caller, {**ASKED, "unique_id": "pbx-2.2", "context": "default"})

    found = caller.get(LIST, {"outcome": "normal"}).json()["results"]

    assert [one["unique_id"] for one in found] == ["pbx-2.2"]
    assert len(caller.get(LIST, {"phone": "+375291234570"}).json()["results"]) == 2
    assert caller.get(LIST, {"outcome": "nonsense"}).status_code == 400
