"""The page that a link opens: what it shows, what it lets one do, and to whom it is closed."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants.errors import ConfigError
from tenants.models import AuditEntry
from tenants.models.api_key import digest
from webhooks.actions.portal_links import LONGEST, make_link, take_back_link
from webhooks.models import Attempt, Delivery, EndpointSecret, PortalLink
from webhooks.models.portal import SALT
from webhooks.portal.door import LOOKS, STRANGERS
from webhooks.tests.factories import deliver, make_endpoint, make_event

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _uncounted():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client():
    return Client(HTTP_ACCEPT_LANGUAGE="en")


def open_page(endpoint, **values):
    _link, address = make_link(endpoint, "Shop's developers", timezone.now() + WEEK, **values)
    return "/" + address.split("/", 3)[3]


@pytest.fixture
def failed(tenant, receiver):
    """An endpoint with one failed delivery, and its page's path."""
    endpoint, _secret = make_endpoint(
        tenant, receiver.url("/status/400"), retries="none", headers={"X-Api-Key": "s3cr3t-value"}
    )
    make_event(tenant)
    deliver()
    return endpoint, open_page(endpoint)


def test_the_link_shows_this_endpoints_deliveries_and_nothing_else_of_the_company(failed, tenant, client):
    endpoint, path = failed
    other, _secret = make_endpoint(tenant, name="Another endpoint")
    make_event(tenant, type="endpoint.enabled")
    deliver()
    mine, theirs = (Delivery.objects.filter(endpoint=one).first() for one in (endpoint, other))

    page = client.get(path).content.decode()
    detail = client.get(f"{path}/deliveries/{mine.pk}").content.decode()

    assert "endpoint.disabled" in page
    assert "The receiver rejects the request (400)." in page
    for hidden in ("Another endpoint", tenant.name, f">{tenant.number}<", "s3cr3t-value"):
        assert hidden not in page + detail
    assert "the answer" in detail
    assert "Имя" in detail
    assert client.get(f"{path}/deliveries/{theirs.pk}").status_code == 404
    assert client.post(f"{path}/deliveries/{theirs.pk}/resend").status_code == 404


def test_the_address_is_random_signed_and_kept_as_a_digest(failed, client):
    _endpoint, path = failed
    token = path.rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest FROM webhooks_portallink")
        assert cursor.fetchone()[0] == digest(token)
    assert len(token.partition(":")[0]) >= 43
    assert PortalLink.objects.get().last_used_at is None

    # Signed by us, but nobody's; and not signed by us.
    for wrong in (
        Signer(salt=SALT).sign("x" * 43),
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        "unknown",
    ):
        answer = client.get(f"/portal/{wrong}")
        assert answer.status_code == 404
        assert "This link opens nothing" in answer.content.decode()
    assert client.get(path).status_code == 200
    assert PortalLink.objects.get().last_used_at is not None


def test_a_link_ends_by_time_by_its_owner_and_with_its_company(failed, tenant, client):
    endpoint, path = failed
    link = PortalLink.objects.get()
    assert client.get(path).status_code == 200

    PortalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(path).status_code == 404
    PortalLink.objects.update(expires_at=timezone.now() + WEEK)
    tenant.is_active = False
    tenant.save()
    assert client.get(path).status_code == 404
    tenant.is_active = True
    tenant.save()
    assert take_back_link(link) is True
    assert client.get(path).status_code == 404
    assert take_back_link(link) is False

    assert list(AuditEntry.objects.filter(action__startswith="endpoint.link").values_list("action", flat=True).order_by("id")) == [
        "endpoint.link_made",
        "endpoint.link_taken_back",
    ]  # fmt: skip
    with pytest.raises(ConfigError):
        make_link(endpoint, "too long", timezone.now() + LONGEST + WEEK)
    assert PortalLink.objects.count() == 1


def test_one_is_sent_again_and_the_trail_says_by_whom(failed, client, receiver):
    endpoint, path = failed
    endpoint.url = receiver.url()
    endpoint.save()
    mine = Delivery.objects.get()

    answer = client.post(f"{path}/deliveries/{mine.pk}/resend")
    deliver()

    assert answer.headers["Location"] == f"{path}/deliveries/{mine.pk}"
    mine.refresh_from_db()
    assert mine.state == "done"
    entry = AuditEntry.objects.get(action="deliveries.replayed")
    assert (entry.actor, entry.tenant_id) == ("Shop's developers, by a link", endpoint.tenant_id)


def test_what_failed_in_a_range_is_counted_before_it_is_sent(failed, client):
    _endpoint, path = failed
    now = timezone.now()
    today = {
        "since": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M}",
    }

    counted = client.post(f"{path}/recover", today)
    assert "1 failed delivery" in counted.content.decode()
    assert Delivery.objects.get().state == "failed"
    before = client.post(
        f"{path}/recover", today | {"since": "2020-01-01T00:00", "until": "2020-01-02T00:00"}
    )
    assert "0 failed deliveries" in before.content.decode()
    wrong = client.post(f"{path}/recover", {"since": today["until"], "until": today["since"]})
    assert "The beginning must be before the end." in wrong.content.decode()

    assert client.post(f"{path}/recover", today | {"confirmed": "1"}).status_code == 302
    assert Delivery.objects.get().state == "pending"


def test_the_secret_is_changed_with_an_overlap_and_shown_once(failed, client):
    endpoint, path = failed
    old = EndpointSecret.objects.get()

    answer = client.post(f"{path}/secret", {"overlap_hours": "24"})

    shown = re.search(r'<code id="secret">([^<]+)</code>', answer.content.decode())
    assert shown is not None
    assert "no-store" in answer.headers["Cache-Control"]
    assert EndpointSecret.objects.exclude(pk=old.pk).get(endpoint=endpoint).secret == shown[1]
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert client.post(f"{path}/secret", {"overlap_hours": "0"}).status_code == 200
    assert EndpointSecret.objects.count() == 2


def test_a_test_event_shows_only_types_that_the_endpoint_gets(tenant, receiver, client):
    endpoint, _secret = make_endpoint(tenant, receiver.url(), events=["call.*"])
    path = open_page(endpoint)

    page = client.get(f"{path}/test").content.decode()
    assert "call.ended" in page
    assert "order.created" not in page
    assert (
        "not one of the available" in client.post(f"{path}/test", {"type": "order.created"}).content.decode()
    )
    assert (
        "This is not JSON."
        in client.post(f"{path}/test", {"type": "call.ended", "data": "{"}).content.decode()
    )
    assert (
        client.post(f"{path}/test", {"type": "call.ended", "data": '{"talk_seconds": 7}'}).status_code == 302
    )
    deliver()

    (got,) = receiver.requests
    assert b'"talk_seconds":7' in got.body
    assert Attempt.objects.get().status == 200


def test_a_link_may_be_for_looking_only(tenant, client):
    endpoint, _secret = make_endpoint(tenant)
    path = open_page(endpoint, may_change=False)

    assert "Send test" not in client.get(path).content.decode().split("<main>")[0]
    for page in ("recover", "secret", "test"):
        assert client.get(f"{path}/{page}").status_code == 403
        assert client.post(f"{path}/{page}", {"overlap_hours": "24"}).status_code == 403
    assert EndpointSecret.objects.count() == 1


def test_the_page_speaks_the_browsers_language_and_carries_nothing_inline(failed, client):
    _endpoint, path = failed

    russian = client.get(path, headers={"accept-language": "ru"})
    english = client.get(path)

    assert '<html lang="ru">' in russian.content.decode()
    assert '<html lang="en">' in english.content.decode()
    assert "unsafe" not in english.headers["Content-Security-Policy"]
    assert "noindex" in english.content.decode()
    for page in ("", "/verify", "/test", "/recover", "/secret"):
        text = client.get(path + page).content.decode()
        assert "style=" not in text
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=", text)


def test_it_verifies_with_every_language(failed, client):
    _endpoint, path = failed
    for language in ("python", "php", "node", "go", "bsl"):
        text = client.get(f"{path}/verify?language={language}").content.decode()
        assert "whsec_put_the_secret_here" in text


def test_looking_and_guessing_are_limited(failed, client, monkeypatch):
    _endpoint, path = failed
    for _ in range(STRANGERS.count):
        assert client.get("/portal/guess").status_code == 404
    assert client.get("/portal/guess").status_code == 429
    assert client.get(path).status_code == 429
    cache.clear()
    monkeypatch.setattr("webhooks.portal.door.LOOKS", type(LOOKS)(2, 60))
    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]


def test_the_list_costs_the_same_however_long_it_is(failed, tenant, client, django_assert_max_num_queries):
    _endpoint, path = failed
    client.get(path)
    for _ in range(3):
        make_event(tenant)
    deliver()

    with django_assert_max_num_queries(16):
        client.get(path)
