"""What reports say of business, conversations and systems: new and finished things by the event log, trouble by its logs."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Avg, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from integrations.models import Conversation, Exchange, Message, SyncRun
from integrations.models.sync.run import RunState
from integrations.records import MessageStatus
from tenants.figures import Figure, Period, Section, Text, Unit, counted, register_section
from tenants.models import Event

SAMPLE: Final = 10_000
"""Exchanges, the newest, that the average answer is taken from."""

# What happened, by event type: the log knows, whichever system it came from.
_HAPPENED: Final[tuple[tuple[str, str, Text, Promise | None], ...]] = (
    ("contacts", "contact.created", _("New contacts"),
     ngettext_lazy("%(count)d new contact", "%(count)d new contacts", "count")),
    ("deals", "deal.created", _("New deals"),
     ngettext_lazy("%(count)d new deal", "%(count)d new deals", "count")),
    ("deals_won", "deal.won", _("Deals won"),
     ngettext_lazy("%(count)d deal won", "%(count)d deals won", "count")),
    ("deals_lost", "deal.lost", _("Deals lost"),
     ngettext_lazy("%(count)d deal lost", "%(count)d deals lost", "count")),
    ("orders", "order.created", _("New orders"),
     ngettext_lazy("%(count)d new order", "%(count)d new orders", "count")),
    ("orders_paid", "order.paid", _("Orders paid"),
     ngettext_lazy("%(count)d order paid", "%(count)d orders paid", "count")),
    ("orders_cancelled", "order.cancelled", _("Orders cancelled"), None),
    ("invoices_paid", "invoice.paid", _("Invoices paid"), None),
    ("payments", "payment.succeeded", _("Payments"), None),
)  # fmt: skip

_TAKEN: Final = ngettext_lazy("%(count)d message received", "%(count)d messages received", "count")
_UNSENT: Final = ngettext_lazy("%(count)d message not sent", "%(count)d messages not sent", "count")
_WAITING: Final = ngettext_lazy(
    "%(count)d conversation waits for an answer", "%(count)d conversations wait for an answer", "count"
)
_ERRORS: Final = ngettext_lazy(
    "%(count)d failed request to a system", "%(count)d failed requests to systems", "count"
)
_SYNCS: Final = ngettext_lazy(
    "%(count)d synchronisation failed", "%(count)d synchronisations failed", "count"
)


def business(period: Period) -> Sequence[Figure]:
    """One query."""
    happened = Event.objects.filter(**period.ids)
    numbers = counted([happened.filter(type=type_) for _name, type_, _title, _sentence in _HAPPENED])
    return [
        Figure(name, title, number, sentence=sentence)
        for (name, _type, title, sentence), number in zip(_HAPPENED, numbers, strict=True)
    ]


def conversations(period: Period) -> Sequence[Figure]:
    """One query. Who waits is told as it is now, whatever the period."""
    messages = Message.objects.filter(**period.ids)
    taken, sent, unsent, waiting = counted(
        [
            messages.filter(is_from_us=False),
            messages.filter(is_from_us=True),
            messages.filter(state=MessageStatus.FAILED),
            Conversation.objects.filter(
                is_waiting=True, last_message_at__gte=period.since, last_message_at__lt=period.until
            ),
        ]
    )
    return [
        Figure("received", _("Received"), taken, sentence=_TAKEN),
        Figure("sent", _("Sent"), sent),
        Figure("failed", _("Not sent"), unsent, sentence=_UNSENT, is_trouble=True),
        Figure("waiting", _("Conversations without an answer"), waiting, sentence=_WAITING, is_trouble=True),
    ]


def systems(period: Period) -> Sequence[Figure]:
    """Two queries."""
    exchanges = Exchange.objects.filter(**period.ids)
    runs = SyncRun.objects.filter(**period.ids)
    asked, errors, completed, failed = counted(
        [
            exchanges,
            exchanges.exclude(error=""),
            runs.filter(state=RunState.COMPLETED),
            runs.filter(state__in=(RunState.FAILED, RunState.STOPPED)),
        ]
    )
    return [
        Figure("requests", _("Requests"), asked),
        Figure("errors", _("Failed requests"), errors, sentence=_ERRORS, is_trouble=True),
        Figure("answer", _("Their answer, average"), _answer(exchanges), Unit.MILLISECONDS),
        Figure("syncs", _("Synchronisations"), completed),
        Figure("syncs_failed", _("Failed synchronisations"), failed, sentence=_SYNCS, is_trouble=True),
    ]


def _answer(exchanges: QuerySet[Exchange]) -> float | None:
    newest = exchanges.filter(error="").order_by("-id")[:SAMPLE]
    found = newest.aggregate(average=Avg("duration_ms"))["average"]
    return None if found is None else float(found)


register_section(Section("business", _("Business"), business, place=20))
register_section(Section("conversations", _("Conversations"), conversations, place=30))
register_section(Section("systems", _("Systems"), systems, place=50))
