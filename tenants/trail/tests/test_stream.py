"""The copy outside: every sealed entry once, in order, with its proof."""

import json
import socket
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tenants import audit
from tenants.models import AuditChain, AuditLink
from tenants.tasks import seal_audit
from tenants.tests.factories import make_tenant
from tenants.trail import stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed():
    yield
    stream.close()


@pytest.fixture
def target(settings, tmp_path) -> Path:
    settings.AUDIT_LOG = f"file://{tmp_path}/audit.jsonl"
    return tmp_path / "audit.jsonl"


def lines(target: Path) -> list[dict]:
    return [json.loads(line) for line in target.read_text().splitlines()]


def test_each_entry_is_one_line_with_its_place_and_no_secret(target):
    tenant = make_tenant()
    first = audit.record("thing.done", tenant, after={"password": "hunter22", "name": "Анна\nb"})
    seal_audit()
    second = audit.record("thing.undone", tenant)
    seal_audit()
    seal_audit()

    told = [line for line in lines(target) if line["chain"] == tenant.pk]
    assert [(line["id"], line["position"]) for line in told] == [(str(first.pk), 1), (str(second.pk), 2)]
    assert told[0]["digest"] == AuditLink.objects.get(entry=first.pk).digest
    assert told[0]["after"] == {"password": "•••", "name": "Анна\nb"}
    assert "hunter22" not in target.read_text()


def test_what_the_target_did_not_take_comes_later(target, settings):
    tenant = make_tenant()
    settings.AUDIT_LOG = "file:///nowhere/at/all"
    audit.record("thing.done", tenant)
    with pytest.raises(OSError):
        seal_audit()
    assert AuditChain.objects.get(pk=tenant.pk).streamed == 0

    settings.AUDIT_LOG = f"file://{target}"
    seal_audit()

    assert [line["position"] for line in lines(target) if line["chain"] == tenant.pk] == [1]


def test_what_was_sealed_before_it_was_switched_on_is_not_sent(target, settings):
    tenant = make_tenant()
    settings.AUDIT_LOG = ""
    audit.record("thing.done", tenant)
    seal_audit()

    settings.AUDIT_LOG = f"file://{target}"
    audit.record("thing.undone", tenant)
    seal_audit()

    assert [line["action"] for line in lines(target)] == ["thing.undone"]


def test_a_log_server_gets_datagrams(settings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        settings.AUDIT_LOG = f"syslog://127.0.0.1:{server.getsockname()[1]}"
        audit.record("thing.done", make_tenant())

        seal_audit()

        message = server.recv(65536).decode()
    head, _colon, body = message.partition("switchboard-audit: ")
    assert head == "<86>"
    assert json.loads(body)["action"] == "thing.done"


def test_a_log_server_gets_a_stream(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        settings.AUDIT_LOG = f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}"
        audit.record("thing.done", make_tenant())

        seal_audit()

        peer, _address = server.accept()
        with peer, peer.makefile() as reader:
            assert json.loads(reader.readline().partition("switchboard-audit: ")[2])["action"] == "thing.done"


def test_standard_output(settings, capsys):
    settings.AUDIT_LOG = "-"
    audit.record("thing.done", make_tenant())

    seal_audit()

    assert json.loads(capsys.readouterr().out.splitlines()[0])["action"] == "thing.done"


@pytest.mark.parametrize("target", ["http://example.com", "audit.log", "file://", "syslog:"])
def test_a_target_that_is_none_is_refused(target):
    with pytest.raises(ImproperlyConfigured):
        stream.check(target)
