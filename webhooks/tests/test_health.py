"""What is said of a receiver in trouble: the exact cause, in plain words, with the fix."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tenants.work import drain
from webhooks.diagnosis import diagnose
from webhooks.health import health
from webhooks.models import Attempt, Endpoint
from webhooks.proof.tests.authority import Authority
from webhooks.proof.tests.servers import secured_receiver
from webhooks.tests.factories import deliver, make_endpoint, make_event
from webhooks.tests.test_api import client_of


def found(error, status=None, detail="", headers="", body="", **values):
    diagnosis = diagnose(
        Attempt(
            error=error, status=status, detail=detail, response_headers=headers, response_body=body, **values
        )
    )
    return diagnosis.code if diagnosis else None


HTML = "HTTP/1.1 403 Forbidden\nContent-Type: text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"error": ""}, None),
        (
            {"error": "tls_certificate", "detail": "SSL certificate problem: certificate has expired"},
            "tls_expired",
        ),
        (
            {
                "error": "tls_certificate",
                "detail": "SSL: no alternative certificate subject name matches target host name 'x'",
            },
            "tls_hostname",
        ),
        (
            {
                "error": "tls_certificate",
                "detail": "SSL certificate problem: unable to get local issuer certificate",
            },
            "tls_chain",
        ),
        (
            {"error": "tls_certificate", "detail": "SSL certificate problem: self-signed certificate"},
            "tls_self_signed",
        ),
        ({"error": "tls_certificate"}, "tls_certificate"),
        ({"error": "tls_certificate", "detail": "SSL certificate verification failed"}, "tls_client_expired"),
        ({"error": "tls", "detail": "error:0A000418:SSL routines::tlsv1 alert unknown ca"}, "tls_client"),
        ({"error": "tls", "detail": "error:0A00010B:SSL routines::wrong version number"}, "tls_plain"),
        ({"error": "dns"}, "dns"),
        ({"error": "connect"}, "connect"),
        ({"error": "timeout"}, "timeout"),
        ({"error": "timeout", "first_byte_ms": 12.0}, "slow_body"),
        ({"error": "unauthorized", "status": 401, "body": "Invalid signature"}, "signature"),
        ({"error": "rejected", "status": 400, "body": '{"error": "HMAC mismatch"}'}, "signature"),
        ({"error": "unauthorized", "status": 401}, "unauthorized"),
        (
            {"error": "unauthorized", "status": 403, "headers": HTML, "body": "<title> Hello </title>"},
            "html_page",
        ),
        (
            {
                "error": "unauthorized",
                "status": 403,
                "headers": HTML,
                "body": "Attention Required! Cloudflare",
            },
            "guarded",
        ),
        ({"error": "not_found", "status": 404}, "not_found"),
        ({"error": "too_large", "status": 413}, "too_large"),
        ({"error": "rate_limited", "status": 429}, "rate_limited"),
        ({"error": "redirect", "status": 301, "headers": "Location: https://new.example.com/in"}, "redirect"),
        (
            {"error": "server_error", "status": 502, "headers": HTML, "body": "<title>Bad Gateway</title>"},
            "html_page",
        ),
    ],
)
def test_a_try_is_read_for_its_cause(given, code):
    assert found(**given) == code


def test_the_redirects_target_is_told_without_what_it_hides():
    attempt = Attempt(
        error="redirect", status=302, response_headers="location: https://new.example.com/in?token=abcdef"
    )

    diagnosis = diagnose(attempt)

    assert diagnosis is not None
    assert "https://new.example.com/in" in diagnosis.what
    assert "abcdef" not in diagnosis.what


@pytest.mark.parametrize(
    ("lasting", "host", "code"),
    [
        (timedelta(days=-1), "127.0.0.1", "tls_expired"),
        (timedelta(days=90), "other.example.com", "tls_hostname"),
        (timedelta(days=90), "127.0.0.1", "tls_client"),
    ],
)
def test_real_tls_trouble_is_named_by_its_cause(tenant, settings, tmp_path, lasting, host, code):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    authority = Authority()
    clients = authority if code == "tls_client" else None
    with secured_receiver(tmp_path, authority.issue("receiver", lasting, host), clients) as seen:
        endpoint, _secret = make_endpoint(tenant, seen.url(), tls={"ca": authority.pem})
        make_event(tenant)
        deliver()

    found = health(endpoint)

    assert found.condition == "failing"
    assert [one.diagnosis.code for one in found.findings] == [code]


@pytest.mark.parametrize(
    ("case", "code", "what"),
    [
        ("early", "tls_early", "Сертификат получателя ещё не действует."),
        ("self_signed", "tls_self_signed", "Сертификат получателя самоподписанный."),
        ("wrong_client", "tls_client", "Получатель требует клиентский сертификат или не принимает наш."),
        (
            "expired_client",
            "tls_client_expired",
            "Получатель сообщает, что срок нашего клиентского сертификата истёк.",
        ),
        ("headers", "headers_too_large", "В ответе слишком много заголовков, или они слишком большие."),
    ],
)
def test_what_no_receiver_of_ours_does_is_named_in_both_languages(
    tenant, receiver, tmp_path, case, code, what
):
    authority, stranger = Authority(), Authority("Stranger")
    later, past = timedelta(days=2), timedelta(days=-1)
    own = authority.issue("receiver", beginning=later) if case == "early" else authority.issue("receiver")
    own = authority.own if case == "self_signed" else own
    ours = (stranger if case == "wrong_client" else authority).issue(
        "hub", past if case == "expired_client" else timedelta(days=90)
    )
    tls = {} if case == "self_signed" else {"ca": authority.pem}
    clients = authority if case.endswith("_client") else None
    if clients:
        tls |= {"certificate": ours.certificate, "key": ours.key}
    with secured_receiver(tmp_path, own, clients) as seen:
        url = receiver.url("/headers/large") if case == "headers" else seen.url()
        endpoint, _secret = make_endpoint(tenant, url, tls={} if case == "headers" else tls)
        make_event(tenant)
        deliver()

    [found] = health(endpoint).findings
    assert found.diagnosis.code == code
    with translation.override("ru"):
        [told] = health(endpoint).findings
    assert told.diagnosis.what == what


def test_an_unknown_authority_is_named(tenant, settings, tmp_path):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with secured_receiver(tmp_path, Authority().issue("receiver")) as seen:
        endpoint, _secret = make_endpoint(tenant, seen.url())
        make_event(tenant)
        deliver()

    assert [one.diagnosis.code for one in health(endpoint).findings] == ["tls_chain"]


def test_it_is_failing_while_it_fails_and_well_afterwards(tenant, receiver):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/redirect"))
    assert health(endpoint).condition == "quiet"
    make_event(tenant)
    deliver()

    failing = health(endpoint)
    assert failing.condition == "failing"
    assert failing.findings[0].diagnosis.what == "The receiver sends us on to /ok, where we do not follow."
    assert failing.next_try_at is not None
    assert failing.oldest_due_at is not None

    endpoint.url = receiver.url()
    endpoint.save()
    drain("webhooks.deliver", now=timezone.now() + timedelta(days=1))
    well = health(endpoint)
    assert (well.condition, well.findings, well.next_try_at) == ("good", (), None)
    assert well.share == 100.0


def test_a_certificate_that_ends_soon_is_told(tenant):
    authority = Authority()
    pair = authority.issue("hub", timedelta(days=10))
    endpoint, _secret = make_endpoint(tenant, tls={"certificate": pair.certificate, "key": pair.key})
    assert "ends soon" in health(endpoint).certificate_warning

    pair = authority.issue("hub", timedelta(days=200))
    endpoint.tls = {"certificate": pair.certificate, "key": pair.key}
    endpoint.save()
    assert health(endpoint).certificate_warning == ""


def test_the_api_tells_it_with_few_queries(tenant, other_tenant, receiver, django_assert_max_num_queries):
    endpoint, _secret = make_endpoint(tenant, receiver.url("/status/404"))
    make_event(tenant)
    deliver()
    client = client_of(tenant)

    with django_assert_max_num_queries(16):
        answer = client.get(f"/api/v1/endpoints/{endpoint.pk}/health")

    told = answer.json()
    assert (told["condition"], told["findings"][0]["code"]) == ("failing", "not_found")
    assert told["findings"][0]["fix"] == "Check the path of the endpoint's URL."
    assert client_of(other_tenant).get(f"/api/v1/endpoints/{endpoint.pk}/health").status_code == 404
    assert Endpoint.objects.count() == 1
