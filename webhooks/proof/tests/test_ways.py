"""Client certificates, authorities and proxies, against real servers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from webhooks.checks import proxy
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.proof.tests.authority import Authority
from webhooks.proof.tests.servers import proxy_server, secured_receiver
from webhooks.tests.factories import deliver, make_endpoint, make_event


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def local(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]


def send(tenant, url, **values):
    endpoint, _secret = make_endpoint(tenant, url, retries="none", **values)
    make_event(tenant)
    deliver()
    found = Delivery.objects.get(endpoint=endpoint)
    return found.state, found.reason


def test_a_receiver_that_wants_our_certificate_gets_each_endpoints_own(tenant, local, authority, tmp_path):
    ours, another = authority.issue("hub one"), authority.issue("hub two")

    def tls(pair):
        return {"certificate": pair.certificate, "key": pair.key, "ca": authority.pem}

    with secured_receiver(tmp_path, authority.issue("receiver"), authority) as seen:
        one, _secret = make_endpoint(tenant, seen.url(), tls=tls(ours))
        make_endpoint(tenant, seen.url(), tls=tls(another))
        without, _secret = make_endpoint(tenant, seen.url(), tls={"ca": authority.pem}, retries="none")
        for _ in range(2):
            make_event(tenant)
            deliver()

    # A kept connection of one is never taken for another.
    assert sorted(seen.callers) == ["hub one", "hub one", "hub two", "hub two"]
    assert set(Delivery.objects.filter(endpoint=without).values_list("state", flat=True)) == {"failed"}
    assert set(Delivery.objects.exclude(endpoint=without).values_list("state", flat=True)) == {"done"}
    assert one.certificate_expires_at is not None
    assert abs(one.certificate_expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=5)
    stored = Endpoint.objects.filter(pk=one.pk).values_list("tls", flat=True)
    assert "PRIVATE KEY" in stored[0]["key"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tls FROM webhooks_endpoint")
        assert all(value.startswith("sb1.") for (value,) in cursor.fetchall())


def test_a_receiver_of_an_unknown_authority_is_trusted_only_with_it(tenant, local, authority, tmp_path):
    with secured_receiver(tmp_path, authority.issue("receiver")) as seen:
        refused = send(tenant, seen.url())
        taken = send(tenant, seen.url(), tls={"ca": authority.pem})

    assert refused == ("failed", "tls_certificate")
    assert taken == ("done", "")
    assert seen.callers == [""]


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_requests_go_through_the_endpoints_proxy_which_looks_the_name_up(
    tenant, receiver, authority, tmp_path, scheme
):
    with (
        proxy_server() as server,
        secured_receiver(tmp_path, authority.issue("r", host="in.example.com")) as seen,
    ):
        plain = send(tenant, f"http://in.example.com:{receiver.port}/ok", proxy=server.url(scheme))
        Endpoint.objects.all().delete()
        secure = send(tenant, seen.url("in.example.com"), proxy=server.url(scheme), tls={"ca": authority.pem})

    assert (plain, secure) == (("done", ""), ("done", ""))
    verbs = ["POST http://in.example.com:%d/ok", "CONNECT in.example.com:%d"]
    if scheme == "socks5h":
        verbs = ["SOCKS in.example.com:%d", "SOCKS in.example.com:%d"]
    assert server.asked == [verbs[0] % receiver.port, verbs[1] % seen.port]
    # What the proxy said is none of the receiver's answer.
    assert "X-From" not in "".join(Attempt.objects.values_list("response_headers", flat=True))


def test_the_guard_holds_for_the_proxy_and_the_operators_own_may_stand_inside(tenant, receiver, settings):
    with proxy_server() as server:
        endpoint, _secret = make_endpoint(
            tenant, f"http://in.example.com:{receiver.port}/ok", proxy=server.url(), retries="none"
        )
        settings.EGRESS_ALLOW = []
        make_event(tenant)
        deliver()
        first = Delivery.objects.get()
        assert (first.state, first.reason) == ("failed", "target_not_allowed")
        assert server.asked == []

        settings.WEBHOOK_PROXY = server.url()
        endpoint.proxy = ""
        endpoint.save()
        event = make_event(tenant)
        deliver()

        assert Delivery.objects.get(event=event).state == "done"
        assert len(server.asked) == 1


def test_a_proxy_that_wants_a_password_gets_it_and_one_that_refuses_is_named(
    tenant, receiver, authority, tmp_path
):
    with proxy_server() as server, secured_receiver(tmp_path, authority.issue("r")) as seen:
        server.password = "p"
        refused = [send(tenant, url, proxy=server.url()) for url in (f"{receiver.host}/ok", seen.url())]
        Endpoint.objects.all().delete()
        taken = send(tenant, receiver.url(), proxy=server.url(user="hub:p%40ss@"))

    assert refused == [("failed", "proxy")] * 2
    assert taken == ("done", "")
    assert server.credentials[-1].startswith("Basic ")
    assert not Attempt.objects.filter(request_headers__contains="p%40ss").exists()


def test_an_operators_mistake_is_told_at_the_start(settings):
    settings.WEBHOOK_PROXY = "ftp://proxy.example.com:21"
    assert [found.id for found in proxy([])] == ["webhooks.E001"]

    settings.WEBHOOK_PROXY = "http://10.0.0.7:3128"
    assert proxy([]) == []
