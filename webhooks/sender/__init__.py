"""Sends many signed requests at once over kept connections: one thread around libcurl's multi interface."""

from webhooks.sender.engine import Engine
from webhooks.sender.messages import Limits, Reply, Request

__all__ = ["Engine", "Limits", "Reply", "Request"]
