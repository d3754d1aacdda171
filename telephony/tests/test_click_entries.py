"""The doors by which clicks come in: each with its own secret, its own company, and the same rules behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.actions.assign_extension import assign_extension
from integrations.actions.save_integration import client_digest
from integrations.hooks import Clicked
from integrations.models import Integration
from integrations.receivers import Hook, receive_click
from integrations.tests.factories import make_integration
from telephony.ami import acting
from telephony.ami.simulator import AmiSimulator
from telephony.models import Call, OriginateRequest, OriginateState, Pbx, TelephonySettings
from telephony.tests.clicking import CLIENT, click, limits, make_company
from tenants.errors import HubError
from tenants.models import AuditEntry, Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant

pytestmark = pytest.mark.django_db

MAKE_CALL, EXTERNAL, ORIGINATE = "/retailcrm/make-call", "/api/makecallexternal", "/api/v1/calls/originate"
CLIENT_ID = "a-client-id-of-the-crm"


@pytest.fixture
def exchange(settings: Any) -> Iterator[AmiSimulator]:
    cache.clear()
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with AmiSimulator() as simulator:
        yield simulator
    acting.close_all()


@pytest.fixture
def pbx(exchange: AmiSimulator) -> Pbx:
    return make_company(exchange)


@pytest.fixture
def tenant(pbx: Pbx) -> Tenant:
    return pbx.tenant


@pytest.fixture
def crm(tenant: Tenant) -> Integration:
    """A RetailCRM whose user 19 has the extension 150."""
    row = make_integration(tenant, url="https://example.retailcrm.ru")
    with tenant_scope(tenant):
        row.own_secrets, row.client_digest = {"client_id": CLIENT_ID}, client_digest(CLIENT_ID)
        row.save()
        assign_extension(row, "19", "150")
    return row


def rows() -> list[OriginateRequest]:
    with all_tenants():
        return list(OriginateRequest.objects.order_by("id"))


def by_key(tenant: Tenant, *scopes: str) -> Client:
    _key, plain = make_api_key(tenant, list(scopes) or ["calls:write", "calls:read"])
    return Client(headers={"Authorization": f"Bearer {plain}"})


def person(tenant: Tenant, role: str = Role.AGENT, extension: str = "") -> Client:
    number = make_extension(tenant, extension) if extension else None
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, role, extension=number).user)
    return client


@pytest.mark.parametrize("way", ["query", "post query", "form", "parts", "json", "json as form"])
def test_the_crms_icon_rings_the_users_phone(client: Client, crm: Integration, way: str) -> None:
    said = {"clientId": CLIENT_ID, "userId": "19", "phone": CLIENT}
    text = orjson.dumps(said)

    answer = {
        "query": lambda: client.get(MAKE_CALL, said),
        "post query": lambda: client.post(f"{MAKE_CALL}?clientId={CLIENT_ID}&userId=19&phone=%2B375291234570"),
        "form": lambda: client.post(MAKE_CALL, urlencode(said), content_type="application/x-www-form-urlencoded"),
        "parts": lambda: client.post(MAKE_CALL, said),
        "json": lambda: client.post(MAKE_CALL, text, content_type="application/json"),
        "json as form": lambda: client.post(MAKE_CALL, text, content_type="application/x-www-form-urlencoded"),
    }[way]()  # fmt: skip

    [row] = rows()
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "id": str(row.pk), "state": "queued"},
    )
    assert (row.extension, row.phone, row.origin, row.requester) == ("150", CLIENT, "crm", "19")
    assert row.integration_id == crm.pk


def test_the_code_wins_over_the_user(client: Client, crm: Integration) -> None:
    client.get(MAKE_CALL, {"clientId": CLIENT_ID, "userId": "19", "code": "151", "phone": CLIENT})

    assert rows()[0].extension == "151"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"userId": "20"}, 422, "no_extension"),
        ({"userId": "19", "phone": "1; rm -rf /"}, 422, "bad_number"),
        ({"code": "150\r\nAction: Ping"}, 422, "bad_extension"),
        ({"userId": "19", "phone": "+79211234567"}, 422, "country"),
        ({}, 422, "no_extension"),
    ],
)
def test_a_refusal_says_why_in_the_companys_language(
    client: Client, crm: Integration, said: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(MAKE_CALL, {"clientId": CLIENT_ID, "phone": CLIENT, **said})

    body = answer.json()
    assert (answer.status_code, body["success"], body["code"]) == (status, False, code)
    assert body["errorMsg"] == body["detail"] != ""
    assert OriginateState(rows()[0].state) is OriginateState.REFUSED


@pytest.mark.parametrize("client_id", ["", "wrong", "0367", CLIENT_ID + "x", "\ud800", "а" * 300])
@pytest.mark.parametrize("path", [MAKE_CALL, EXTERNAL])
def test_a_secret_that_is_nobodys_opens_nothing(
    client: Client, crm: Integration, path: str, client_id: str
) -> None:
    query = urlencode({"clientId": client_id, "code": "150", "phone": CLIENT}, errors="replace")

    answer = client.get(f"{path}?{query}")

    assert (answer.status_code, rows()) == (401, [])


def test_guessers_are_stopped(client: Client, crm: Integration) -> None:
    statuses = [client.get(MAKE_CALL, {"clientId": f"guess {number}"}).status_code for number in range(25)]

    assert statuses[:20] == [401] * 20
    assert statuses[-1] == 429


@pytest.mark.parametrize("body", [b"{", b"{]", b"\xff\xfe=1", b"[1]", b"x" * 20_000])
def test_bodies_that_nobody_can_read_get_a_4xx(client: Client, crm: Integration, body: bytes) -> None:
    answer = client.post(MAKE_CALL, body, content_type="application/json")

    assert answer.status_code in (400, 401)
    assert rows() == []


def test_a_paused_integration_or_company_makes_no_calls(client: Client, crm: Integration) -> None:
    with all_tenants():
        Integration.objects.filter(pk=crm.pk).update(is_enabled=False)

    assert client.get(MAKE_CALL, {"clientId": CLIENT_ID, "userId": "19", "phone": CLIENT}).status_code == 401


def test_another_companys_extension_cannot_be_rung(client: Client, crm: Integration) -> None:
    make_extension(make_tenant(), "177")

    answer = client.get(MAKE_CALL, {"clientId": CLIENT_ID, "code": "177", "phone": CLIENT})

    assert answer.json()["code"] == "unknown_extension"


def test_the_link_wants_the_call_secret(client: Client, tenant: Tenant) -> None:
    with all_tenants():
        own = TelephonySettings.objects.create(tenant=tenant)

    answer = client.get(EXTERNAL, {"clientId": own.call_secret, "code": "150", "phone": "80291234570"})

    [row] = rows()
    assert answer.json() == {"success": True, "id": str(row.pk), "state": "queued"}
    assert (row.phone, row.origin) == (CLIENT, "link")
    assert client.post(EXTERNAL).status_code == 405


def test_a_double_click_is_a_conflict_and_a_limit_is_429(
    client: Client, crm: Integration, tenant: Tenant
) -> None:
    said = {"clientId": CLIENT_ID, "userId": "19", "phone": CLIENT}
    client.get(MAKE_CALL, said)

    assert client.get(MAKE_CALL, said).status_code == 409
    limits(tenant, per_minute=1)
    assert client.get(MAKE_CALL, said | {"code": "151"}).status_code == 429


def test_machines_name_the_extension(tenant: Tenant) -> None:
    client = by_key(tenant)

    answer = client.post(ORIGINATE, {"phone": CLIENT, "extension": "150"}, content_type="application/json")

    body = answer.json()
    assert (answer.status_code, body["state"], body["reason"]) == (202, "queued", "")
    shown = client.get(f"/api/v1/originations/{body['id']}")
    assert (shown.status_code, shown.json()["phone"]) == (200, CLIENT)


def test_the_api_says_why_not(tenant: Tenant) -> None:
    answer = by_key(tenant).post(
        ORIGINATE, {"phone": "+79211234567", "extension": "150"}, content_type="application/json"
    )

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "country")
    assert body["detail"] == "Calls to this country are not allowed."
    assert len(rows()) == 1


def test_an_idempotency_key_makes_one_call(tenant: Tenant) -> None:
    client = by_key(tenant)

    def ask(**body: str) -> Any:
        headers = {"Idempotency-Key": "one"}
        return client.post(
            ORIGINATE, {"phone": CLIENT, "extension": "150", **body}, "application/json", headers=headers
        )

    first, second = ask(), ask()

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert ask(phone="+375291234571").json()["code"] == "key_reused"
    assert by_key(tenant).post(
        ORIGINATE, {"phone": CLIENT, "extension": "151"}, "application/json", headers={"Idempotency-Key": "one"}
    ).status_code == 202  # fmt: skip
    assert len(rows()) == 2


def test_a_refusal_under_an_idempotency_key_is_still_counted(tenant: Tenant) -> None:
    client = by_key(tenant)
    said = {"phone": "+79211234567", "extension": "150"}

    statuses = [
        client.post(ORIGINATE, said, "application/json", headers={"Idempotency-Key": "one"}).status_code
        for _ in range(2)
    ]

    assert statuses == [422, 422]
    with all_tenants():
        assert AuditEntry.objects.filter(action="originaterequest.refused").count() == 2


def test_reading_scopes_make_no_calls(tenant: Tenant) -> None:
    answer = by_key(tenant, "calls:read").post(ORIGINATE, {"phone": CLIENT, "extension": "150"})

    assert (answer.status_code, rows()) == (403, [])


@pytest.mark.parametrize(
    ("role", "own", "wanted", "status"),
    [
        (Role.AGENT, "160", "", 202),
        (Role.AGENT, "160", "160", 202),
        (Role.AGENT, "160", "150", 403),
        (Role.OWNER, "160", "150", 403),
        (Role.OWNER, "", "", 422),
        (Role.VIEWER, "160", "", 403),
    ],
)
def test_people_call_from_their_own_phone(
    tenant: Tenant, role: str, own: str, wanted: str, status: int
) -> None:
    said = {"phone": CLIENT, **({"extension": wanted} if wanted else {})}

    answer = person(tenant, role, own).post(ORIGINATE, said, content_type="application/json")

    assert answer.status_code == status


def test_other_companies_see_and_use_nothing(exchange: AmiSimulator, tenant: Tenant, pbx: Pbx) -> None:
    request = click(tenant)
    stranger = by_key(make_company(exchange).tenant)

    assert stranger.get(f"/api/v1/originations/{request.pk}").status_code == 404
    assert stranger.get("/api/v1/originations").json()["results"] == []
    answer = stranger.post(
        ORIGINATE, {"phone": CLIENT, "extension": "150", "exchange": str(pbx.pk)}, "application/json"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "exchange")


def test_agents_see_their_own_clicks(tenant: Tenant) -> None:
    mine, _theirs = click(tenant, extension="150"), click(tenant, extension="151")
    number = make_extension(tenant, "170")
    with all_tenants():
        OriginateRequest.objects.filter(pk=mine.pk).update(extension=number.number)
    client = Client()
    client.force_login(make_member(tenant, Role.AGENT, extension=number).user)

    assert [one["id"] for one in client.get("/api/v1/originations").json()["results"]] == [str(mine.pk)]
    page = client.get(reverse("admin:telephony_originaterequest_changelist")).content.decode()
    assert str(mine.pk) in page
    assert str(_theirs.pk) not in page


def hook(crm: Integration, age: float = 0.0) -> Hook:
    return Hook(crm.pk, crm.tenant_id, uuid4(), timezone.now() - timedelta(seconds=age))


def test_a_hooks_click_rings_its_users_phone_once(crm: Integration, tenant: Tenant) -> None:
    told = hook(crm)
    clicked = Clicked(phone=CLIENT, user_id="19", extra={"CALL_ID": "externalCall.1"})

    with tenant_scope(tenant):
        words = [receive_click(told, clicked) for _ in range(2)]

    [row] = rows()
    assert words == [f"The phone 150 rings first, then {CLIENT} is called."] * 2
    assert (row.outside_id, row.integration_id, row.extension) == ("externalCall.1", crm.pk, "150")


@pytest.mark.parametrize(
    ("age", "clicked_at"),
    [(16, None), (0, datetime(2026, 11, 22, tzinfo=UTC))],
    ids=["old hook", "old click"],
)
def test_a_stale_click_is_refused_and_said(
    crm: Integration, tenant: Tenant, age: float, clicked_at: datetime | None
) -> None:
    with tenant_scope(tenant), pytest.raises(HubError, match="more than 15 seconds ago"):
        receive_click(hook(crm, age), Clicked(phone=CLIENT, extension="150", clicked_at=clicked_at))

    assert (rows()[0].state, rows()[0].reason_code) == ("refused", "stale")


def test_the_page_says_where_it_rings_first_and_a_post_calls(tenant: Tenant) -> None:
    client = person(tenant, Role.MANAGER, "160")
    address = reverse("admin:telephony_originaterequest_call")

    page = client.get(address, {"phone": CLIENT}).content.decode()
    assert "Your phone 160 rings first" in page
    assert 'value="+375291234570"' in page
    assert rows() == []

    answer = client.post(address, {"phone": CLIENT}, follow=True)
    [row] = rows()
    assert (row.extension, row.origin, row.state) == ("160", "admin", "queued")
    assert "asked for" in answer.content.decode()
    again = client.post(address, {"phone": CLIENT}, follow=True).content.decode()
    assert "The same number was clicked a moment ago." in again


def test_the_call_page_offers_to_call_whoever_can(tenant: Tenant, pbx: Pbx) -> None:
    with all_tenants():
        call = Call.objects.create(
            tenant=tenant,
            pbx=pbx,
            external_id="1",
            direction="in",
            client_number=CLIENT,
            started_at=timezone.now(),
        )
    page = reverse("admin:telephony_call_change", args=[call.pk])
    offer = "/admin/telephony/originaterequest/call/?phone=%2B375291234570"

    assert offer in person(tenant, Role.MANAGER, "160").get(page).content.decode()
    assert offer not in person(tenant, Role.MANAGER).get(page).content.decode()
    assert offer not in person(tenant, Role.VIEWER, "161").get(page).content.decode()


def test_a_machine_may_name_the_crms_user_instead(tenant: Tenant, crm: Integration) -> None:
    said = {"phone": CLIENT, "integration": str(crm.pk), "crm_user": "19"}

    answer = by_key(tenant).post(ORIGINATE, said, content_type="application/json")

    assert (answer.status_code, answer.json()["extension"]) == (202, "150")
