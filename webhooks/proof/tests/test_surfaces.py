"""Log-ins, certificates and proxies by API, admin and configuration file: written, never read back."""

import pytest
from django.core.management import call_command

from tenants.models import AuditEntry
from webhooks.models import Endpoint
from webhooks.proof.tests.authority import Authority
from webhooks.tests.factories import make_endpoint
from webhooks.tests.test_admin import FORM, page, signed_in
from webhooks.tests.test_api import NEW, client_of

OAUTH = {
    "kind": "oauth2",
    "token_url": "https://login.example.com/token",
    "client_id": "hub",
    "client_secret": "open-sesame",
}


@pytest.fixture(scope="module")
def pair():
    return Authority().issue("hub")


def test_the_api_writes_secrets_and_never_reads_them(tenant, pair):
    client = client_of(tenant)
    new = {
        **NEW,
        "auth": OAUTH,
        "tls": {"certificate": pair.certificate, "key": pair.key},
        "proxy": "http://user:pa55word@proxy.example.com:3128",
    }

    made = client.post("/api/v1/endpoints", new, format="json")

    assert made.status_code == 201, made.data
    path = f"/api/v1/endpoints/{made.data['id']}"
    shown = client.get(path).data
    assert shown["auth"] == OAUTH | {"client_secret": "•••"}
    assert shown["tls"] == {"certificate": pair.certificate, "key": "•••"}
    assert shown["proxy"] == "http://•••@proxy.example.com:3128"
    assert shown["certificate_expires_at"]
    # What was read can be written back, and keeps what it hides.
    fields = {name: shown[name] for name in ("auth", "tls", "proxy")}
    assert client.patch(path, fields, format="json").status_code == 200
    stored = Endpoint.objects.get()
    assert stored.auth == OAUTH
    assert stored.tls["key"] == pair.key
    assert stored.proxy == new["proxy"]
    # To another address the secret does not go along.
    moved = client.patch(
        path, {"auth": shown["auth"] | {"token_url": "https://evil.example.com/"}}, format="json"
    )
    assert moved.status_code == 400
    assert "client_secret" in str(moved.data)
    trail = str(list(AuditEntry.objects.values_list("before", "after")))
    for secret in ("open-sesame", "pa55word", "PRIVATE KEY"):
        assert secret not in trail
        assert secret not in str(client.get("/api/v1/endpoints").data)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("auth", {"kind": "basic", "username": "x"}, "password"),
        ("tls", {"certificate": "no"}, "key"),
        ("tls", {"ca": "no"}, "ca"),
        ("proxy", "ftp://proxy.example.com:21", "http://host:port"),
        ("proxy", "http://10.0.0.1:3128", "private"),
        ("proxy", "http://proxy.example.com", "http://host:port"),
    ],
)
def test_a_mistake_names_the_field(tenant, field, value, word):
    answer = client_of(tenant).post("/api/v1/endpoints", {**NEW, field: value}, format="json")

    assert answer.status_code == 400
    assert field in str(answer.data)
    assert word in str(answer.data)
    assert not Endpoint.objects.exists()


def test_a_key_must_belong_to_its_certificate(tenant, pair):
    other = Authority().issue("other")
    tls = {"certificate": pair.certificate, "key": other.key}

    answer = client_of(tenant).post("/api/v1/endpoints", {**NEW, "tls": tls}, format="json")

    assert "does not belong" in str(answer.data)


def test_the_form_keeps_what_it_does_not_show(tenant, pair):
    client = signed_in(tenant)
    endpoint, _secret = make_endpoint(
        tenant, auth=OAUTH, tls={"certificate": pair.certificate, "key": pair.key}, name="CRM feed"
    )
    address = page("endpoint_change", endpoint.pk)

    shown = client.get(address).content.decode()
    assert "open-sesame" not in shown
    assert pair.key not in shown
    assert "https://login.example.com/token" in shown
    form = (
        FORM
        | {f"auth_{name}": value for name, value in OAUTH.items()}
        | {"tls_certificate": pair.certificate}
    )
    kept = client.post(address, form | {"auth_client_secret": "", "auth_scope": "in"})
    assert kept.status_code == 302, kept.content.decode()
    endpoint.refresh_from_db()
    assert endpoint.auth == OAUTH | {"scope": "in"}
    assert endpoint.tls["key"] == pair.key

    wrong = client.post(
        address, form | {"auth_client_secret": "", "auth_token_url": "https://b.example.com/"}
    )
    assert "this way to log in needs it" in wrong.content.decode()
    gone = client.post(address, FORM | {"auth_kind": ""})
    assert gone.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.auth, endpoint.tls) == ({}, {})


def test_a_configuration_file_carries_them_and_a_dump_only_when_asked(tenant, pair, tmp_path, capsys):
    make_endpoint(
        tenant,
        name="feed",
        auth=OAUTH,
        tls={"certificate": pair.certificate, "key": pair.key},
        proxy="socks5h://proxy.example.com:1080",
    )
    call_command("dump", tenant.number)
    plain = capsys.readouterr().out
    call_command("dump", tenant.number, "--secrets")
    full = capsys.readouterr().out

    assert "open-sesame" not in plain
    assert "PRIVATE KEY" not in plain
    Endpoint.objects.all().delete()
    file = tmp_path / "company.yaml"
    file.write_text(full)
    call_command("apply", str(file))
    made = Endpoint.objects.get()
    assert made.auth == OAUTH
    assert made.tls == {"certificate": pair.certificate, "key": pair.key}
    assert made.proxy == "socks5h://proxy.example.com:1080"
    capsys.readouterr()
    call_command("apply", str(file), "--dry-run")
    assert "feed" not in capsys.readouterr().out
