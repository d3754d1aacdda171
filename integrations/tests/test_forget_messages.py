"""Messages are removed when they are old enough, with their files; what waits stays, and so does with whom it was."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.ids import uuid7_at
from integrations.actions import forget_messages as forgetting
from integrations.models import Conversation, Message, MessageFile
from integrations.tasks import forget_messages
from integrations.tests.factories import make_integration
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def chat_of(integration, number, days):
    at = timezone.now() - timedelta(days=days)
    return Conversation.objects.create(
        tenant=integration.tenant,
        integration=integration,
        outside_id=str(number),
        channel="telegram",
        title="Ann",
        preview="The last text",
        is_waiting=True,
        last_message_at=at,
    )


def message(chat, days, state="received"):
    moment = timezone.now() - timedelta(days=days)
    key = type(uuid7_at(moment))(int=uuid7_at(moment).int + Message.objects.count() + 1)
    return Message.objects.create(
        id=key, tenant=chat.tenant, conversation=chat, text=f"{days} {state}", state=state
    )


@pytest.fixture
def chats():
    with all_tenants():
        old = chat_of(make_integration(make_tenant()), 1, days=400)
        recent = chat_of(make_integration(make_tenant()), 2, days=1)
        yield old, recent


def test_only_what_is_too_old_goes_of_every_company_and_in_batches(chats, settings, monkeypatch):
    settings.MESSAGE_RETENTION_DAYS = 365
    monkeypatch.setattr(forgetting, "BATCH", 2)
    old, recent = chats
    for days in (400, 401, 402):
        gone = message(old, days)
    MessageFile.objects.create(tenant=old.tenant, message=gone, content=b"x")
    message(recent, 500, "queued")
    message(recent, 380, "failed")
    message(recent, 1)

    assert forget_messages() == 4

    assert set(Message.objects.values_list("text", flat=True)) == {"500 queued", "1 received"}
    assert not MessageFile.objects.exists()
    assert set(Conversation.objects.values_list("title", "preview", "is_waiting")) == {
        ("Ann", "", False),
        ("Ann", "The last text", True),
    }
    assert forget_messages() == 0


def test_zero_keeps_them_for_good(chats, settings):
    settings.MESSAGE_RETENTION_DAYS = 0
    message(chats[0], 4000)

    assert forget_messages() == 0
    assert Message.objects.count() == 1


def test_what_is_old_is_found_by_the_keys_index(chats, monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 100)
    with CaptureQueriesContext(connection) as queries:
        forgetting.forget_before(timezone.now() - timedelta(days=365))
    [query] = [one["sql"] for one in queries if "SELECT" in one["sql"]]
    many_messages(chats[0], old=3000, new=2000)

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE integrations_message")
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + query)
        plan = str(cursor.fetchall())
    assert "integrations_message_pkey" in plan or "sqlite_autoindex_integrations_message" in plan
    assert "SCAN" not in plan.replace("Index Scan", "")
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def many_messages(chat: Conversation, *, old: int, new: int) -> None:
    """Enough that the planner's own choice is the one of a real installation."""
    days = [400] * old + [1] * new
    Message.objects.bulk_create(
        Message(
            id=type(chat.pk)(int=uuid7_at(timezone.now() - timedelta(days=day)).int + number),
            tenant=chat.tenant,
            conversation=chat,
            state="received",
        )
        for number, day in enumerate(days)
    )
