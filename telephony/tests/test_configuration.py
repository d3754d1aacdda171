"""The room's keys in the configuration file, its exported rows, and its checks."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from exports.registry import get_dataset
from telephony.actions.crm_facts import recording_url
from telephony.checks import check_settings
from telephony.models import Call, Pbx, TelephonySettings
from telephony.models.pbx import token_digest, validate_template
from telephony.tests.factories import make_pbx, play
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.models import AuditEntry
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db

FILE = """
tenants:
- number: "0367"
  name: June
  pbx_token: "{token}"
  call_secret: "a-secret-for-calls"
"""
FIRST, SECOND = "first-token-0001", "second-token-0002"


def apply(token: str = FIRST) -> int:
    return len(apply_text(FILE.format(token=token)).changes)


def test_a_file_makes_the_exchange_and_applying_it_again_changes_nothing() -> None:
    apply()

    with all_tenants():
        pbx, own = Pbx.objects.get(), TelephonySettings.objects.get()
    assert (pbx.token, pbx.token_digest, pbx.previous_digest) == (FIRST, token_digest(FIRST), None)
    assert own.call_secret == "a-secret-for-calls"
    assert apply() == 0


def test_a_new_token_lets_the_former_one_work_on() -> None:
    apply()
    apply(SECOND)

    with all_tenants():
        pbx = Pbx.objects.get()
    assert (pbx.token, pbx.previous_digest) == (SECOND, token_digest(FIRST))
    assert pbx.previous_until is not None


def test_secrets_are_dumped_only_on_request_and_never_audited() -> None:
    apply()

    assert {"pbx_token", "call_secret"}.isdisjoint(dump_tenants()["tenants"][0])
    told = dump_tenants(secrets=True)["tenants"][0]
    assert (told["pbx_token"], told["call_secret"]) == (FIRST, "a-secret-for-calls")
    with all_tenants():
        trail = " ".join(f"{entry.before} {entry.after}" for entry in AuditEntry.objects.all())
    assert FIRST not in trail
    assert "a-secret-for-calls" not in trail


@pytest.mark.parametrize("token", ["short", "with spaces in it", "кириллица-здесь"])
def test_a_weak_token_is_refused_with_its_line(token: str) -> None:
    with pytest.raises(ConfigurationError, match="line"):
        apply(token)

    with all_tenants():
        assert Pbx.objects.count() == 0


def test_a_token_belongs_to_one_exchange() -> None:
    make_pbx(make_tenant(), FIRST)

    with pytest.raises(ConfigurationError):
        apply()


def test_several_exchanges_are_not_guessed_between() -> None:
    apply()
    with all_tenants():
        make_pbx(Pbx.objects.get().tenant)

    with pytest.raises(ConfigurationError, match="several"):
        apply(SECOND)


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        (
            "https://pbx.example/rec/{path}",
            "2026/11/21/a b.wav",
            "https://pbx.example/rec/2026/11/21/a%20b.wav",
        ),
        (
            "https://pbx.example/rec?f={path}",
            "/in/ü&x=1.wav",
            "https://pbx.example/rec?f=in/%C3%BC%26x%3D1.wav",
        ),
        ("https://pbx.example/rec/{path}", "../../etc/passwd", ""),
        ("https://pbx.example/rec/{path}", "a//b.wav", ""),
        ("https://pbx.example/rec/{path}", "a\\..\\b.wav", ""),
        ("https://pbx.example/rec/{path}", "", ""),
        ("", "a.wav", ""),
    ],
)
def test_a_recording_link_only_where_the_exchange_has_one(template: str, path: str, expected: str) -> None:
    call = Call(pbx=Pbx(recording_url_template=template), recording=path)

    assert recording_url(call) == expected


@pytest.mark.parametrize(
    "template",
    ["https://x/", "{path}", "ftp://x/{path}", "https://x/{path}/{path}", "https://x/{path", "https://x/{0}"],
)
def test_a_wrong_template_is_refused(template: str) -> None:
    with pytest.raises(ValidationError):
        validate_template(template)


def test_the_calls_dataset_names_real_columns() -> None:
    with all_tenants():
        play(make_pbx(make_tenant()), "inbound_answered")
        row = Call.objects.values(
            *[column.path for column in get_dataset("calls").columns.values() if column.path]
        )

        assert row.get()["client_number"] == "+375291234570"


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("PBX_EVENT_MAX_SIZE", 100, ["telephony.E001"]),
        ("CALL_END_GRACE", -1.0, ["telephony.E002"]),
        ("CALL_END_GRACE", 600.0, ["telephony.W001"]),
        ("CALL_END_GRACE", 3.0, []),
    ],
)
def test_checks(settings: Any, name: str, value: float, ids: list[str]) -> None:
    setattr(settings, name, value)

    assert [found.id for found in check_settings(None)] == ids
