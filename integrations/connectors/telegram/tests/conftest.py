"""A company with a bot, and the Telegram that it lives in."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from config.front import FrontRequest
from integrations.actions.queue_message import Draft, conversation_with, queue_message
from integrations.actions.save_integration import create_integration
from integrations.actions.send_message import LANE
from integrations.connectors.telegram import session
from integrations.connectors.telegram.simulator import Simulator
from integrations.models import Conversation
from tenants import simulation as page
from tenants.scoping import tenant_scope
from tenants.simulation import BaseSimulator, Reply
from tenants.tests.factories import make_tenant
from tenants.work import drain
from webhooks.ingest.receive import Receiver

ANN, CLARA, GROUP = 5001, 5002, -4001


@pytest.fixture
def simulator():
    with Simulator(limits_rate=False, retry_seconds=0.05).running() as running:
        yield running


@pytest.fixture
def tenant():
    made = make_tenant()
    with tenant_scope(made):
        yield made


@pytest.fixture
def connect(tenant, simulator):
    def make(**settings):
        return create_integration(
            tenant,
            "telegram",
            "Bot",
            settings={"url": simulator.url, **settings},
            credentials={"bot_token": simulator.token},
        )

    return make


@pytest.fixture
def integration(connect):
    return connect()


@pytest.fixture
def say(integration):
    """Queue a message to somebody."""

    def make(text="", chat=ANN, **more):
        draft = Draft(text=text, **more)
        return queue_message(conversation_with(integration, str(chat)), draft, sender="Boris")

    return make


@pytest.fixture
def _unhurried(monkeypatch):
    """Conversations without their pause."""
    monkeypatch.setattr(session, "CHAT_SECONDS", 0.0)
    monkeypatch.setattr(session, "GROUP_SECONDS", 0.0)


def rested():
    """The pause of every conversation is over."""
    Conversation.objects.update(free_at=timezone.now() - timedelta(seconds=1))


def send(seconds=0.0):
    """Work off the lane as if it were so much later."""
    return drain(LANE, timezone.now() + timedelta(seconds=seconds))


class Door(BaseSimulator):
    """The hub's front for webhooks, on the wire."""

    name, title, folder = "door", "Door", Path(page.__file__).parent / "page"

    def snapshot(self, language):
        return {}

    def respond(self, request):
        async def receive():
            receiver = Receiver()
            await receiver.start()
            try:
                headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
                asked = FrontRequest(request.method, request.path, b"", headers, request.body, "192.0.2.7")
                way = receiver.receive_messaging if request.path.startswith("/api/") else receiver.receive
                return await way(asked)
            finally:
                await receiver.stop()

        answer = asyncio.run(receive())
        return Reply(answer.status, answer.body)


@pytest.fixture
def door(settings):
    with Door().running() as running:
        settings.PUBLIC_URL = running.url
        yield running


def handled():
    """Everything that came in is dealt with."""
    drain("webhooks.inbound")
    drain("integrations.receive")
