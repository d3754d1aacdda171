"""API keys in the configuration file: all that the admin has, checked as there, and back again."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.test import Client

from tenants import keys
from tenants.actions.create_key import create_key
from tenants.actions.rotate_key import rotate_key
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import ApiKey, AuditEntry, Tenant
from tenants.models.api_key import digest
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

PLAIN = "sbk_0123456789abcdef"
FULL = """\
tenants:
- number: "0367"
  timezone: Europe/Minsk
  api_keys:
  - name: ERP
    key: sbk_0123456789abcdef
    scopes: ["calls:read", "endpoints:*"]
    expires_at: 2030-01-31T18:00:00
    allowed_networks: ["203.0.113.7", "2001:DB8::/32"]
    requests_per_minute: 60
    enabled: false
  - name: signing
    must_sign: true
    signing_secret: sbs_0123456789abcdef
    scopes: ["*"]
"""


def file_of(**values: Any) -> str:
    block = {"name": "ci", "key": PLAIN, "scopes": ["calls:read"], **values}
    return yaml.safe_dump({"tenants": [{"number": "0367", "api_keys": [block]}]}, sort_keys=False)


def stored(name: str = "ci") -> ApiKey:
    return ApiKey._base_manager.get(name=name)


def dumped(**options: Any) -> str:
    return yaml.safe_dump(dump_tenants(**options), allow_unicode=True, sort_keys=False)


def test_everything_is_applied() -> None:
    plan = apply_text(FULL)

    key, signing = stored("ERP"), stored("signing")
    assert key.digest == digest(PLAIN)
    assert key.scopes == ["calls:read", "endpoints:*"]
    # Without a zone: the company's, three hours ahead.
    assert key.expires_at == datetime(2030, 1, 31, 15, tzinfo=UTC)
    assert key.allowed_networks == ["203.0.113.7/32", "2001:db8::/32"]
    assert (key.requests_per_minute, key.must_sign, key.is_active) == (60, False, False)
    assert (signing.must_sign, signing.signing_secret) == (True, "sbs_0123456789abcdef")
    assert plan.warnings == []
    assert apply_text(FULL).changes == []


@pytest.mark.parametrize("secrets", [False, True])
def test_a_dump_applied_again_changes_nothing(secrets: bool) -> None:
    apply_text(FULL)
    tenant = Tenant.objects.get()
    with tenant_scope(tenant):
        made = ApiKey(tenant=tenant, name="made here", scopes=["events:read"])
        create_key(made)
        rotate_key(made)
        create_key(ApiKey(tenant=tenant, name="signs", scopes=["*"], must_sign=True))
    before = list(ApiKey._base_manager.order_by("name").values())
    count = AuditEntry._base_manager.count()

    plan = apply_text(dumped(secrets=secrets))

    assert ([str(change) for change in plan.changes], plan.warnings) == ([], [])
    assert list(ApiKey._base_manager.order_by("name").values()) == before
    assert AuditEntry._base_manager.count() == count


def test_a_dump_with_secrets_makes_the_same_keys_elsewhere() -> None:
    apply_text(file_of())
    text = dumped(secrets=True)
    assert PLAIN not in text
    Tenant.objects.all().delete()

    apply_text(text)
    keys.forget_keys()

    assert Client().get("/api/v1/me", headers={"X-API-Key": PLAIN}).status_code == 200
    assert dumped(secrets=True) == text


def test_a_dump_without_secrets_makes_keys_elsewhere_that_nobody_knows() -> None:
    apply_text(FULL)
    text = dumped()
    assert digest(PLAIN) not in text
    assert "sbs_" not in text
    Tenant.objects.all().delete()

    plan = apply_text(text)

    assert ["a key was made" in one or "a signing secret was made" in one for one in plan.warnings] == [
        True
    ] * 2
    lines = [one.strip() for one in text.splitlines()]
    places = [lines.index("- name: ERP") + 1, lines.index("must_sign: true") + 1]
    assert [one.partition(",")[0] for one in plan.warnings] == [f"line {place}" for place in places]
    assert stored("ERP").digest != digest(PLAIN)
    assert stored("signing").signing_secret.startswith("sbs_")
    assert dumped() == text


def test_a_key_that_the_file_does_not_describe_further_stays_as_it_is() -> None:
    apply_text(FULL)
    before = ApiKey._base_manager.filter(name="ERP").values().get()

    assert apply_text("tenants: [{number: '0367', api_keys: [{name: ERP}]}]").changes == []

    assert ApiKey._base_manager.filter(name="ERP").values().get() == before


def test_limits_are_taken_away_by_null() -> None:
    apply_text(FULL)

    plan = apply_text(
        "tenants: [{number: '0367', api_keys: [{name: ERP, expires_at: ~, allowed_networks: ~, requests_per_minute: ~}]}]"
    )

    key = stored("ERP")
    assert (key.expires_at, key.allowed_networks, key.requests_per_minute) == (None, [], None)
    assert len(plan.changes) == 1


def test_a_key_that_is_switched_off_is_refused_at_once() -> None:
    apply_text(file_of())
    assert Client().get("/api/v1/me", headers={"X-API-Key": PLAIN}).status_code == 200

    apply_text(file_of(enabled=False))
    keys.forget_keys()  # what the commit does

    assert Client().get("/api/v1/me", headers={"X-API-Key": PLAIN}).status_code == 401


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scopes": []}, "At least one scope"),
        ({"scopes": None}, "a list was expected"),
        ({"scopes": ["everything"]}, "is not a scope"),
        ({"expires_at": "tomorrow"}, "must be a time"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "must be a time"),
        ({"expires_at": True}, "must be a text"),
        ({"allowed_networks": ["10.0.0.0/40"]}, "is no address or network"),
        ({"allowed_networks": ["10.0.0.1/8"]}, "is no address or network"),
        ({"allowed_networks": "10.0.0.0/8"}, "a list was expected"),
        ({"allowed_networks": [f"10.0.{n}.0/24" for n in range(101)]}, "At most 100"),
        ({"requests_per_minute": 0}, "whole number"),
        ({"requests_per_minute": -5}, "whole number"),
        ({"requests_per_minute": 1.5}, "whole number"),
        ({"requests_per_minute": "60"}, "whole number"),
        ({"requests_per_minute": 10_000_000}, "whole number"),
        ({"requests_per_minute": True}, "whole number"),
        ({"must_sign": "yes"}, "true or false"),
        ({"enabled": 1}, "true or false"),
        ({"digest": "0" * 64}, "exclude each other"),
        ({"prefix": "sbk_"}, "belongs to"),
        ({"rate": 5}, "unknown key “rate”"),
    ],
)
def test_what_the_admin_refuses_is_refused_with_its_line(values: dict[str, Any], words: str) -> None:
    source = file_of(**values)
    last = next(iter(values))
    line = next(
        number for number, one in enumerate(source.splitlines(), 1) if one.strip().startswith(f"{last}:")
    )

    with pytest.raises(ConfigurationError) as caught:
        apply_text(source)

    assert str(caught.value).startswith(f"line {line}, tenants[0].api_keys[0]")
    assert words in str(caught.value)
    assert not Tenant.objects.exists()


def test_a_digest_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"line 1.*64 hexadecimal"):
        apply_text("tenants: [{number: '1', api_keys: [{name: a, digest: abc}]}]")


def test_a_key_must_sign_from_now_on() -> None:
    apply_text(file_of())

    plan = apply_text(file_of(must_sign=True))

    assert stored().signing_secret.startswith("sbs_")
    assert [("line 8" in one, "signing secret was made" in one) for one in plan.warnings] == [(True, True)]
    assert stored().signing_secret not in str([str(change) for change in plan.changes])
    assert apply_text(file_of(must_sign=True)).warnings == []


def test_another_companys_digest_is_an_error() -> None:
    other = make_tenant()
    with tenant_scope(other):
        key = ApiKey(tenant=other, name="theirs", scopes=["*"])
        create_key(key)

    with pytest.raises(ConfigurationError, match="line 1"):
        apply_text(f"tenants: [{{number: '1', api_keys: [{{name: a, digest: {key.digest}}}]}}]")
