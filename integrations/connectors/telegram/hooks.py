"""Telegram's updates as happenings. They are proved by a secret header, so what they tell is taken as it is."""

from collections.abc import Mapping
from typing import Any

from integrations.connectors.telegram.mapping import incoming
from integrations.hooks import Happening, Hooks, Told
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable


class TelegramHooks(Hooks):
    """Each update has `update_id` and one more member, which says what it is."""

    preset = "telegram"

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        update = arrival.data
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise NotReadable("not an update of Telegram")
        for name, read in incoming.READERS.items():
            if name in update:
                try:
                    return tuple(Told(record) for record in read(incoming.mapping(update, name)))
                except incoming.Unexpected as error:
                    raise NotReadable(f"{name}: {error}") from error
        return ()
