"""A dry run reads, and says what it would send."""

from dataclasses import replace

import pytest

from integrations.http.errors import NotSent
from integrations.models import Exchange
from integrations.sessions import open_session
from integrations.tests.ledger.system import ENTRY, ME

pytestmark = pytest.mark.django_db(transaction=True)


def test_changes_are_noted_and_not_sent(connected, server):
    with open_session(connected.pk, dry_run=True) as session:
        assert session.http.call(ME).status == 200
        with pytest.raises(NotSent, match="dry run"):
            session.http.call(ENTRY)

    assert [request.path for request in server.requests] == ["/api/me"]
    assert server.entries == []
    noted = Exchange.objects.get(operation="entry")
    assert (noted.status, noted.error, noted.outcome) == (None, "", "would be sent")
    assert noted.request_body == '{"sum":"10.00"}'
    assert noted.url == f"{server.url}/api/entries"
    connected.refresh_from_db()
    assert connected.health == "ok"


def test_the_request_says_itself_whether_it_changes_something(connected, server):
    with open_session(connected.pk, dry_run=True) as session:
        assert session.http.call(replace(ENTRY, changes=False)).status == 201
        with pytest.raises(NotSent):
            session.http.call(replace(ME, changes=True))

    assert len(server.requests) == 1


def test_otherwise_it_is_sent(connected, server):
    with open_session(connected.pk) as session:
        session.http.call(ENTRY)

    assert len(server.entries) == 1
