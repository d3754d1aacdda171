"""Telegram's JSON and our dataclasses, both ways; pure."""
