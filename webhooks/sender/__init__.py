"""Sends many signed requests at once over kept connections: one thread around libcurl's multi interface."""

from webhooks.sender.engine import Engine
from webhooks.sender.messages import Limits, Reply, Request
from webhooks.sender.ways import Way

__all__ = ["Engine", "Limits", "Reply", "Request", "Way"]
