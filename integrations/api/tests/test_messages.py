"""/api/v1/conversations and /api/v1/messages."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.actions.save_integration import create_integration
from integrations.models import Conversation, Integration, Message, MessageFile
from tenants.models import Tenant, Work
from tenants.scopes import known_scopes
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_tenant

pytestmark = pytest.mark.django_db
PHONE = "+375291234501"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def bot_of(tenant: Tenant) -> Integration:
    with tenant_scope(tenant):
        return create_integration(
            tenant,
            "telegram",
            "Bot",
            settings={"url": "https://api.example.com"},
            credentials={"bot_token": "1000000001:a-token-of-some-length-here"},
        )


def chat_of(bot: Integration, **values: Any) -> Conversation:
    given: Any = {
        "tenant": bot.tenant,
        "integration": bot,
        "outside_id": "5001",
        "channel": "telegram",
        "title": "Ann",
        "phone": PHONE,
        "last_message_at": timezone.now(),
        **values,
    }
    with tenant_scope(bot.tenant):
        return Conversation.objects.create(**given)


@pytest.fixture
def bot(tenant: Tenant) -> Integration:
    return bot_of(tenant)


@pytest.fixture
def chat(bot: Integration) -> Conversation:
    return chat_of(bot)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, ["messages:*", "conversations:read"])[1]})


def post(client: Client, body: Any, path: str = "/api/v1/messages", **headers: str) -> tuple[int, Any]:
    answer = client.post(path, json.dumps(body), content_type="application/json", headers=headers)
    return answer.status_code, json.loads(answer.content)


def wrong_fields(answer: Any) -> list[str]:
    return sorted(one["field"] for one in answer["errors"])


def queued() -> int:
    return Work.objects.filter(lane="integrations.messages").count()


def test_message_is_queued_with_all_that_was_asked_for(client: Client, chat: Conversation) -> None:
    status, answer = post(
        client,
        {
            "conversation": str(chat.pk),
            "text": "*Choose*",
            "marked": True,
            "silent": True,
            "buttons": [
                [{"title": "Yes", "action": "yes"}],
                [{"title": "Site", "url": "https://example.com"}],
            ],
            "attachments": [{"type": "image", "url": "https://example.com/a.jpg"}],
        },
    )

    assert (status, answer["state"], answer["direction"]) == (202, "queued", "out")
    with tenant_scope(chat.tenant):
        row = Message.objects.get()
    assert (row.text, row.is_marked, row.is_silent, row.conversation_id) == ("*Choose*", True, True, chat.pk)
    assert [one[0]["title"] for one in row.buttons] == ["Yes", "Site"]
    assert queued() == 1


def test_person_is_found_by_phone_and_the_newest_conversation_is_meant(client: Client, bot: Integration, chat: Conversation) -> None:  # fmt: skip
    newer = chat_of(bot, outside_id="5009", last_message_at=timezone.now() + timedelta(minutes=1))

    status, answer = post(client, {"phone": PHONE, "text": "Hello"})

    assert (status, answer["conversation"]) == (202, str(newer.pk))


def test_chat_is_named_by_the_messengers_id(client: Client, bot: Integration) -> None:
    status, answer = post(client, {"integration": str(bot.pk), "recipient": "@example_news", "text": "Hello"})

    assert status == 202
    assert client.get(f"/api/v1/conversations/{answer['conversation']}").json()["outside_id"] == "@example_news"  # fmt: skip


def test_same_key_is_one_message(client: Client, chat: Conversation) -> None:
    body = {"conversation": str(chat.pk), "text": "Once"}

    first = post(client, body, **{"Idempotency-Key": "k1"})
    second = post(client, body, **{"Idempotency-Key": "k1"})
    other = post(client, {**body, "text": "Other"}, **{"Idempotency-Key": "k1"})

    assert (first, other[0]) == (second, 422)
    assert queued() == 1


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"text": ""}, ["text"]),
        ({"conversation": None}, ["conversation"]),
        ({"conversation": "0192f1b2-7c1e-7a3b-9d55-0c1d2e3f4a5b"}, ["conversation"]),
        ({"phone": PHONE}, ["conversation"]),
        ({"recipient": "5001"}, ["conversation"]),
        ({"buttons": [[{"title": "Yes"}]]}, ["buttons"]),
        ({"buttons": [[{"title": "Yes", "action": "я" * 40}]]}, ["buttons"]),
        ({"attachments": [{"type": "image", "url": "file:///etc/passwd"}]}, ["attachments"]),
        ({"attachments": [{"type": "nothing"}]}, ["attachments[0].type"]),
        ({"message": "0192f1b2-7c1e-7a3b-9d55-0c1d2e3f4a5b"}, ["message"]),
        ({"txt": "x"}, ["txt"]),
        ({"text": {"a": 1}}, ["text"]),
    ],
)
def test_bad_input_is_refused_by_field_and_leaves_nothing(
    client: Client, chat: Conversation, change: dict[str, Any], fields: list[str]
) -> None:
    status, answer = post(client, {"conversation": str(chat.pk), "text": "x", **change})

    assert (status, wrong_fields(answer)) == (400, fields), answer
    assert queued() == 0


def test_refused_message_leaves_no_new_conversation(client: Client, bot: Integration) -> None:
    body = {"integration": str(bot.pk), "recipient": "no such form", "text": "x"}

    status, answer = post(client, body)

    assert (status, wrong_fields(answer)) == (400, ["recipient"])
    with tenant_scope(bot.tenant):
        assert not Conversation.objects.exists()


def test_lists_are_filtered_and_cost_the_same_for_one_row_and_for_many(client: Client, bot: Integration, chat: Conversation, django_assert_max_num_queries: Any) -> None:  # fmt: skip
    for number in range(3):
        chat_of(bot, outside_id=f"6{number}", phone="", is_waiting=True)
        assert post(client, {"conversation": str(chat.pk), "text": str(number)})[0] == 202

    with django_assert_max_num_queries(9):
        waiting = client.get("/api/v1/conversations?waiting=true").json()["results"]
    with django_assert_max_num_queries(9):
        ours = client.get(f"/api/v1/messages?conversation={chat.pk}&direction=out&state=queued").json()["results"]  # fmt: skip

    assert len(waiting) == 3
    assert [one["text"] for one in ours] == ["2", "1", "0"]
    assert len(client.get("/api/v1/conversations").json()["results"]) == 4
    assert client.get(f"/api/v1/conversations?phone=%2B{PHONE[1:]}").json()["results"][0]["id"] == str(chat.pk)  # fmt: skip
    assert client.get("/api/v1/messages?direction=in").json()["results"] == []
    assert client.get("/api/v1/messages?state=nowhere").status_code == 400


def test_failed_ones_are_sent_again(client: Client, chat: Conversation) -> None:
    _status, one = post(client, {"conversation": str(chat.pk), "text": "x"})
    Work.objects.all().delete()
    with tenant_scope(chat.tenant):
        Message.objects.update(state="failed", error="It was so.")

    assert post(client, {"messages": [one["id"]]}, "/api/v1/messages/retry") == (200, {"count": 1})
    assert post(client, {"messages": [one["id"]]}, "/api/v1/messages/retry") == (200, {"count": 0})
    assert queued() == 1


def test_another_company_finds_nothing_and_writes_to_nobody(client: Client, chat: Conversation) -> None:
    theirs = chat_of(bot_of(make_tenant()))
    with tenant_scope(theirs.tenant):
        message = Message.objects.create(tenant=theirs.tenant, conversation=theirs, state="failed", is_from_us=True)  # fmt: skip

    assert client.get(f"/api/v1/conversations/{theirs.pk}").status_code == 404
    assert client.get(f"/api/v1/messages/{message.pk}").status_code == 404
    assert post(client, {"conversation": str(theirs.pk), "text": "x"})[0] == 400
    recipient = {"integration": str(theirs.integration_id), "recipient": "5001", "text": "x"}
    assert wrong_fields(post(client, recipient)[1]) == ["integration"]
    reply = {"conversation": str(chat.pk), "text": "x", "message": str(message.pk)}
    assert wrong_fields(post(client, reply)[1]) == ["message"]
    assert post(client, {"messages": [str(message.pk)]}, "/api/v1/messages/retry") == (200, {"count": 0})
    assert queued() == 0


def test_scope_is_needed(chat: Conversation) -> None:
    reader = Client(headers={"x-api-key": make_api_key(chat.tenant, ["messages:read"])[1]})

    assert post(reader, {"conversation": str(chat.pk), "text": "x"})[0] == 403
    assert reader.get("/api/v1/conversations").status_code == 403
    assert reader.get("/api/v1/messages").status_code == 200


def test_a_file_goes_along_as_base64_and_is_kept_until_it_was_sent(
    client: Client, chat: Conversation
) -> None:
    file = {"type": "image", "name": "a.png", "media_type": "image/png", "content": "iVBORw0KGgo="}

    status, told = post(client, {"conversation": str(chat.pk), "text": "Look", "attachments": [file]})

    assert status == 202
    with tenant_scope(chat.tenant):
        stored = MessageFile.objects.get()
    assert bytes(stored.content) == b"\x89PNG\r\n\x1a\n"
    assert told["attachments"] == [
        {"type": "image", "stored_id": str(stored.pk), "name": "a.png", "media_type": "image/png", "size": 8}
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"content": "§"}, "attachments[0].content"),
        ({"content": "aGk=", "name": ""}, "attachments[0].name"),
        ({"content": "aGk=", "url": "https://example.com/a.png"}, "attachments[0].content"),
        ({"content": ""}, "attachments[0].content"),
        ({"content": "aGk=", "media_type": "x\r\ny: z"}, "attachments[0].media_type"),
    ],
)
def test_a_file_that_is_none_is_refused_by_field(
    client: Client, chat: Conversation, wrong: Any, field: str
) -> None:
    file = {"type": "file", "name": "a.txt", **wrong}

    status, told = post(client, {"conversation": str(chat.pk), "attachments": [file]})

    assert (status, wrong_fields(told)) == (400, [field])
    assert queued() == 0


def test_what_was_sent_is_changed_and_nothing_else(client: Client, chat: Conversation) -> None:
    with tenant_scope(chat.tenant):
        ours, theirs = (
            Message.objects.create(
                tenant=chat.tenant,
                conversation=chat,
                text="Before",
                is_from_us=is_ours,
                state="sent" if is_ours else "received",
                sent_ids=["7"] if is_ours else [],
            )
            for is_ours in (True, False)
        )

    status, told = post(client, {"text": "After"}, f"/api/v1/messages/{ours.pk}/edit")
    refused, reason = post(client, {"text": "After"}, f"/api/v1/messages/{theirs.pk}/edit")
    empty, _reason = post(client, {"text": ""}, f"/api/v1/messages/{ours.pk}/edit")

    assert (status, told["text"], refused, wrong_fields(reason), empty) == (
        202,
        "Before",
        400,
        ["message"],
        400,
    )
    assert Work.objects.filter(lane="integrations.edits").count() == 1
    stranger = Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})
    assert post(stranger, {"text": "x"}, f"/api/v1/messages/{ours.pk}/edit")[0] == 404


@pytest.mark.parametrize("kind", ["conversations", "messages"])
def test_what_was_said_cannot_be_deleted_and_that_is_explained(
    tenant: Tenant, chat: Conversation, kind: str
) -> None:
    with tenant_scope(tenant):
        said = Message.objects.create(tenant=tenant, conversation=chat, text="Hello")
    address = f"/api/v1/{kind}/{chat.pk if kind == 'conversations' else said.pk}"

    def ask(*scopes: str, method: str = "delete", path: str = address) -> Any:
        client = Client(headers={"x-api-key": make_api_key(tenant, list(scopes))[1]})
        return getattr(client, method)(path)

    # No right would allow it, so it is not asked for.
    for answer in (ask("*"), ask(f"{kind}:read")):
        assert (answer.status_code, answer["content-type"]) == (405, "application/problem+json")
        assert "DELETE" not in answer["allow"]
        assert "log of what was said" in answer.json()["detail"]
    assert ask("calls:read").status_code == 403
    assert ask("*", method="post", path=f"{address}/restore").status_code == 404
    assert ask("*", method="patch").json()["detail"] == 'Method "PATCH" not allowed.'
    with tenant_scope(tenant):
        assert (Conversation.objects.count(), Message.objects.count()) == (1, 1)


def test_nobody_can_be_given_a_right_to_write_conversations() -> None:
    assert {scope for scope in known_scopes() if scope.startswith("conversations:")} == {"conversations:read"}
