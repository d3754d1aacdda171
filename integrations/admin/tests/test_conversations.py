"""The chat page: what it shows, what an answer does, and that it belongs to one company."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from integrations.actions.queue_message import Draft, queue_message
from integrations.actions.save_integration import create_integration
from integrations.models import Conversation, Message
from tenants.models import Role, Tenant, Work
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db


def chat_of(tenant: Tenant) -> Conversation:
    with tenant_scope(tenant):
        bot = create_integration(
            tenant,
            "telegram",
            "Bot",
            settings={"url": "https://api.example.com"},
            credentials={"bot_token": "1000000001:a-token-of-some-length-here"},
        )
        return Conversation.objects.create(
            tenant=tenant, integration=bot, outside_id="5001", channel="telegram", title="Ann Example"
        )


def client_of(tenant: Tenant, role: str = Role.MANAGER) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def page(chat: Conversation, name: str = "change") -> str:
    return reverse(f"admin:integrations_conversation_{name}", args=[chat.pk])


@pytest.fixture
def chat() -> Conversation:
    return chat_of(make_tenant(language="en"))


def test_answer_is_queued_and_shown(chat: Conversation) -> None:
    client = client_of(chat.tenant)

    answer = client.post(page(chat, "answer"), {"text": "Tomorrow <b>", "is_marked": "on"})
    shown = client.get(page(chat)).content.decode()

    assert answer.status_code == 302
    with tenant_scope(chat.tenant):
        row = Message.objects.get()
    assert (row.text, row.is_marked, row.state) == ("Tomorrow <b>", True, "queued")
    assert "Tomorrow &lt;b&gt;" in shown
    assert 'data-reload="3"' in shown
    assert Work.objects.filter(lane="integrations.messages").count() == 1


def test_empty_answer_is_refused_in_words(chat: Conversation) -> None:
    client = client_of(chat.tenant)

    client.post(page(chat, "answer"), {"text": "  "})

    assert "Write a text, or attach something." in client.get(page(chat)).content.decode()
    with tenant_scope(chat.tenant):
        assert not Message.objects.exists()


def test_failed_message_says_why_and_can_be_sent_again(chat: Conversation) -> None:
    client = client_of(chat.tenant)
    with tenant_scope(chat.tenant):
        row = queue_message(chat, Draft(text="Hello"))
        Message.objects.update(state="failed", error="This person has blocked the bot.")
    Work.objects.all().delete()

    shown = client.get(page(chat)).content.decode()
    client.post(reverse("admin:integrations_message_retry", args=[row.pk]))

    assert "This person has blocked the bot." in shown
    assert "Send again" in shown
    assert Work.objects.filter(lane="integrations.messages").count() == 1


def test_bulk_retry_says_first_how_many(chat: Conversation) -> None:
    client, url = client_of(chat.tenant), reverse("admin:integrations_message_changelist")
    with tenant_scope(chat.tenant):
        rows = [queue_message(chat, Draft(text=str(number))) for number in range(3)]
        Message.objects.exclude(pk=rows[0].pk).update(state="failed")
    chosen = {"action": "retry_chosen", "_selected_action": [str(row.pk) for row in rows]}

    asked = client.post(url, chosen).content.decode()
    client.post(url, {**chosen, "confirmed": "1"})

    assert "2 failed" in asked
    with tenant_scope(chat.tenant):
        assert Message.objects.filter(state="queued").count() == 3


def test_long_talk_is_paged_and_costs_the_same(chat: Conversation, django_assert_max_num_queries: Any) -> None:  # fmt: skip
    client = client_of(chat.tenant)
    with tenant_scope(chat.tenant):
        rows = Message.objects.bulk_create(
            [Message(tenant=chat.tenant, conversation=chat, outside_id=str(n), text=f"text-{n}-") for n in range(60)]
        )  # fmt: skip
    client.get(page(chat))

    with django_assert_max_num_queries(14):
        newest = client.get(page(chat)).content.decode()
    older = client.get(page(chat), {"before": str(rows[10].pk)}).content.decode()

    assert ("text-59-" in newest, "text-10-" in newest, "text-9-" in newest) == (True, True, False)
    assert ("text-9-" in older, "text-10-" in older) == (True, False)
    assert client.get(page(chat), {"before": "nonsense"}).status_code == 404


def test_only_managers_of_the_company_read_and_answer(chat: Conversation) -> None:
    for client in (client_of(make_tenant()), client_of(chat.tenant, Role.VIEWER)):
        assert client.get(page(chat)).status_code in (302, 403, 404)
        assert client.post(page(chat, "answer"), {"text": "x"}).status_code in (302, 403, 404)

    with tenant_scope(chat.tenant):
        assert not Message.objects.exists()


def test_files_are_taken_along_and_a_sent_text_can_be_changed(chat: Conversation) -> None:
    client = client_of(chat.tenant)
    file = SimpleUploadedFile("a.png", b"\x89PNG", "image/png")
    client.post(page(chat, "answer"), {"text": "", "files": [file]})
    with tenant_scope(chat.tenant):
        row = Message.objects.get()
        assert [one["name"] for one in row.attachments] == ["a.png"]
        Message.objects.update(state="sent", sent_ids=["7"], text="Before", attachments=[])
    url = reverse("admin:integrations_message_edit", args=[row.pk])
    assert url in client.get(page(chat)).content.decode()

    client.post(url, {"text": "After <b>"})

    shown = client.get(page(chat)).content.decode()
    assert "After &lt;b&gt;" in shown
    assert 'data-reload="3"' in shown
    assert client_of(make_tenant()).post(url, {"text": "x"}).status_code in (302, 403, 404)
    with tenant_scope(chat.tenant):
        assert Message.objects.get().new_text == "After <b>"
