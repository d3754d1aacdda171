"""A subscriber's server: receives webhooks, checks their signatures, and fails when told to."""

from webhooks.simulator.server import Mode, Received, Simulator

__all__ = ["Mode", "Received", "Simulator"]
