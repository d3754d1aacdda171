"""Canaries in everything that is secret: neither a copy of the database nor `manage.py dump` may hold one of them.

Encrypted columns are found by looking, so a new one is covered without a word here. What is stored as a digest, or is
never stored, is made by the program's own actions. tests/test_dump.py has the story in which secrets travel.
"""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import reverse

from config.masking import is_secret_name
from exports.links import signed_url
from exports.models import Export
from integrations.actions.hand_off import issue_handoff
from integrations.models import Integration
from tenants import audit
from tenants.actions.create_key import create_key
from tenants.actions.invite_member import invite_member
from tenants.actions.renew_secret import create_application, renew_secret
from tenants.actions.rotate_key import rotate_key
from tenants.fields import EncryptedBytesField, EncryptedJSONField, Sealed
from tenants.models import ApiKey, AuditEntry, Invitation, Member, OAuthApplication, Role, Tenant, User
from tenants.scoping import all_tenants, tenant_scope
from tenants.signin import forgotten, letters
from tenants.signin.models import ForgottenPassword, Session
from tenants.signin.tests.doors import give_app, sign_in
from tenants.tests.factories import make_member, make_tenant, make_user
from tenants.trail.seal import seal_trails
from tenants.work import drain
from tests.strangers.belongings import Belongings
from tests.test_dump import dump, forms

# Held by nothing that could be read back: digests of random bits, hashes of passwords, names of columns that tell of it.
DIGESTS = {
    "tenants.ApiKey.digest",
    "tenants.ApiKey.previous_digest",
    "tenants.AuditChain.digest",
    "tenants.AuditLink.digest",
    "tenants.Invitation.digest",
    "tenants.OAuthApplication.client_secret",
    "tenants.StoredAnswer.request_digest",
    "tenants.User.password",
    "signin.Letter.digest",
    "integrations.Authorization.digest",
    "integrations.Authorization.session_digest",
    "integrations.Handoff.digest",
    "webhooks.PortalLink.digest",
    "telephony.RecordingLink.token_digest",
    "integrations.Integration.client_digest",
    "integrations.Integration.former_client_digest",
    "telephony.CallEvent.digest",
    "telephony.Pbx.previous_digest",
    "telephony.Pbx.token_digest",
    "telephony.TelephonySettings.call_secret_digest",
}
# Public, or a switch.
NO_SECRETS = {
    "tenants.OAuthApplication.client_id",
    "tenants.OAuthApplication.hash_client_secret",
    "tenants.OAuthApplication.skip_authorization",
    "webhooks.Inbound.is_former_secret",
}
ROOMS = ("tenants", "webhooks", "exports", "integrations", "telephony")


def our_fields() -> list[models.Field[Any, Any]]:
    return [
        field
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in ROOMS and ".tests." not in model.__module__
        for field in model._meta.local_concrete_fields
    ]


SEALED = [field for field in our_fields() if isinstance(field, Sealed)]


def name_of(field: models.Field[Any, Any]) -> str:
    return f"{field.model._meta.label}.{field.name}"


def test_whatever_sounds_like_a_secret_is_sealed_or_a_digest() -> None:
    named = {
        name_of(field)
        for field in our_fields()
        if is_secret_name(field.name) and not isinstance(field, Sealed) and not field.is_relation
    }

    assert named == DIGESTS | NO_SECRETS


def canary(number: int) -> str:
    return f"canary-{number:03d}-{'%08x' % (number * 2654435761 % 2**32)}-of-a-column"


def value_of(field: models.Field[Any, Any], text: str) -> Any:
    if isinstance(field, EncryptedBytesField):
        return text.encode()
    return {"note": [text]} if isinstance(field, EncryptedJSONField) else text


def plant(belongings: Belongings) -> dict[str, str]:
    """A canary in each encrypted column: in a row that the program made, else in one of the company's."""
    planted = {}
    for number, field in enumerate(SEALED):
        text = canary(number)
        with all_tenants():
            row = field.model._base_manager.first() or belongings.of(field.model)
            field.model._base_manager.filter(pk=row.pk).update(**{field.name: value_of(field, text)})
            kept = field.model._base_manager.values_list(field.name, flat=True).get(pk=row.pk)
            assert text in str(kept), name_of(field)
            whole = field.model._base_manager.get(pk=row.pk)
            audit.record("test.leak", before=audit.snapshot(whole), after=audit.snapshot(whole))
        planted[name_of(field)] = text
    return planted


def issue(tenant: Tenant, integration: Integration) -> dict[str, str]:
    """One of everything that the program makes for somebody and keeps no copy of."""
    owner = make_member(
        tenant, Role.OWNER, user=make_user(username="canary-owner", email="owner@example.com")
    )
    with tenant_scope(tenant):
        key = ApiKey(tenant=tenant, name="signing", scopes=["*"], must_sign=True)
        system = OAuthApplication(tenant=tenant, name="ERP", scopes=["*"])
        issued = {"api key": create_key(key), "rotated api key": rotate_key(key)}
        issued |= {"client secret": create_application(system), "renewed client secret": renew_secret(system)}
        issued["invitation"] = (
            invite_member(Invitation(tenant=tenant, role=Role.VIEWER), by=owner)
            .rpartition("/invitation/")[2]
            .strip("/")
        )
        issued["hand-off ticket"] = re.split("[/=]", issue_handoff(integration, owner).strip("/"))[-1]
    issued |= _by_machines(system, issued["renewed client secret"])
    return issued | _of_people(owner)


def _by_machines(system: OAuthApplication, secret: str) -> dict[str, str]:
    form = f"grant_type=client_credentials&client_id={system.client_id}&client_secret={secret}"
    kind = "application/x-www-form-urlencoded"
    token = Client().post("/oauth/token", form.encode(), content_type=kind).json()["access_token"]
    body = {"name": "made by a machine", "scopes": ["calls:read"]}
    made = Client(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}).post(
        "/api/v1/api-keys", body, content_type="application/json"
    )
    assert made.status_code == 201, made.content
    return {"token": token, "key in a stored answer": made.json()["key"]}


def _of_people(owner: Member) -> dict[str, str]:
    user = owner.user
    seed = give_app(user)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    browser = Client()
    sign_in(browser, "canary-owner")  # as far as the second factor
    cookie = browser.session.session_key
    assert cookie is not None
    sign_in(Client(), "canary-password-typed-as-a-name", "canary-wrong-password")
    Client().post(reverse("admin_password_reset"), {"typed": "owner@example.com"})
    drain(forgotten.LANE)
    drain(letters.LANE)
    [link] = re.findall(r"/admin/new-password/(\w+)/", str(mail.outbox[-1].body))
    Client().post(reverse("admin_password_reset"), {"typed": "canary-typed-for-a-link"})
    user.set_password("canary-the-new-password")
    user.save()
    return {
        "seed": seed,
        "session": cookie,
        "password as a name": "password-typed-as-a-name",
        "wrong password": "canary-wrong-password",
        "password": "canary-the-new-password",
        "mailed link": link,
        "typed for a link": "canary-typed-for-a-link",
        **{f"recovery code {number}": code for number, code in enumerate(codes)},
    }


@pytest.fixture
def secrets(transactional_db: None, tmp_path: Path, settings: Any) -> dict[str, str]:
    settings.EXPORT_DIR = tmp_path / "exports"
    settings.EXPORT_DIR.mkdir()
    tenant = make_tenant()
    belongings = Belongings(tenant)
    integration = belongings.of(Integration)
    found = issue(tenant, integration)
    found |= {"link to a file": signed_url(belongings.of(Export)).rpartition("=")[2]}
    seal_trails()
    found |= plant(belongings)
    with all_tenants():
        assert ForgottenPassword.objects.exists()
        assert Session.objects.exists()
        assert Authenticator.objects.filter(user__username="canary-owner").count() == 2
        assert AuditEntry.objects.filter(action="apikey.created").count() == 2
    return found


def test_a_copy_of_the_database_holds_none(secrets: dict[str, str], tmp_path: Path) -> None:
    copy = dump(tmp_path)

    assert b"made by a machine" in copy
    assert len(secrets) > len(SEALED) + 20
    assert {name for name, secret in secrets.items() for form in forms(secret) if form in copy} == set()


def test_a_dump_of_the_configuration_holds_none(secrets: dict[str, str]) -> None:
    written = StringIO()

    call_command("dump", stdout=written)

    shown = written.getvalue()
    assert "made by a machine" in shown
    assert yaml.safe_load(shown)["tenants"][0]["endpoints"]
    assert {name for name, secret in secrets.items() if secret in shown} == set()
    assert not User.objects.filter(password__in=re.findall(r"\S{60,}", shown)).exists()


def test_what_is_asked_for_aloud_is_there(secrets: dict[str, str]) -> None:
    """Otherwise its absence would prove nothing."""
    written = StringIO()

    call_command("dump", "--secrets", stdout=written)

    shown = {name for name, secret in secrets.items() if secret in written.getvalue()}
    assert {
        "webhooks.Endpoint.url",
        "webhooks.Endpoint.headers",
        "webhooks.EndpointSecret.secret",
        "webhooks.Source.secret",
        "telephony.Pbx.token",
        "telephony.TelephonySettings.call_secret",
    } <= shown


def test_the_search_finds_what_lies_open(transactional_db: None, tmp_path: Path) -> None:
    """In a column of text, in one of JSON and in one of bytes."""
    tenant = make_tenant()
    belongings = Belongings(tenant)
    planted = {kind: canary(900 + number) for number, kind in enumerate(("text", "json", "bytes"))}
    with all_tenants():
        event: Any = belongings.of(apps.get_model("tenants.Event"))
        type(event)._base_manager.filter(pk=event.pk).update(
            data={"note": planted["json"]}, key=planted["text"]
        )
        payload: Any = belongings.of(apps.get_model("webhooks.Payload"))
        type(payload)._base_manager.filter(pk=payload.pk).update(body=planted["bytes"].encode())

    copy = dump(tmp_path)

    assert {kind for kind, secret in planted.items() for form in forms(secret) if form in copy} == set(
        planted
    )
