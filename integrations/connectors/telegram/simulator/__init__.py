"""The Bot API as it is documented to behave, with the people who talk to the bot; knows nothing of the connector."""

from integrations.connectors.telegram.simulator.server import DEFAULT_TOKEN, Simulator
from integrations.connectors.telegram.simulator.state import Chat, Said

__all__ = ["DEFAULT_TOKEN", "Chat", "Said", "Simulator"]
