"""Skeleton's webhooks: signed over their body, and they name what is read again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from integrations.connectors._skeleton.mapping import PLURALS
from integrations.hooks import Changed, Happening, Hooks, Removed
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable


class SkeletonHooks(Hooks):
    """`{"id": "e1", "event": "contact.updated", "object_id": "c1"}`."""

    # One of docs/webhooks.md, "Receiving", with its options; the secret is made here and told when we subscribe.
    preset = "hmac"
    options: ClassVar[Mapping[str, str]] = {
        "header": "X-Signature",
        "prefix": "sha256=",
        "event_field": "event",
        "id_field": "id",
    }

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        kind_name, _dot, what = arrival.value("event").partition(".")
        outside_id = arrival.value("object_id")
        if not what or not outside_id:
            raise NotReadable("no event with an object")
        kind = next((one for one in PLURALS if one.value == kind_name), None)
        if kind is None:
            return ()
        return (Removed(kind, outside_id) if what == "deleted" else Changed(kind, outside_id),)
