"""Time-ordered ids, re-exported where models look for them."""

from config.ids import uuid7

__all__ = ["uuid7"]
