"""Telegram keeps the contract of all connectors."""

from integrations.connectors.telegram.simulator import Simulator
from integrations.tests.contract import ConnectorContract


class TestContract(ConnectorContract):
    code = "telegram"
    bad_credentials = {"bot_token": "1000000009:a-token-that-nobody-knows"}
    user_count = 0
    """A bot has no list of users."""

    def make_simulator(self, user_count):
        return Simulator(limits_rate=False)

    def settings_for(self, simulator):
        return {"url": simulator.url}

    def credentials_for(self, simulator):
        return {"bot_token": simulator.token}
