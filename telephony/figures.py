"""What reports say of calls and of the pop-ups that told of them."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Avg, Count, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from telephony.models import Call, CallDirection, CallNotification, CallStatus, NotificationState
from telephony.models.call import MISSED
from tenants.figures import MOST, Figure, Period, Section, Unit, counted, register_section

_CALLS: Final = ngettext_lazy("%(count)d call", "%(count)d calls", "count")
_MISSED: Final = ngettext_lazy("%(count)d missed call", "%(count)d missed calls", "count")
_UNTOLD: Final = ngettext_lazy(
    "%(count)d message to a CRM failed", "%(count)d messages to CRMs failed", "count"
)
_INCOMING: Final = Q(direction=CallDirection.IN)
_ANSWERED: Final = _INCOMING & Q(status=CallStatus.ANSWERED)


def calls(period: Period) -> Sequence[Figure]:
    """Two queries; of more than MOST calls the newest are told of."""
    found = Call.objects.filter(**period.ids, merged_into=None).order_by("-id")[:MOST]
    seen: dict[str, Any] = found.aggregate(
        total=Count("id"),
        incoming=Count("id", filter=_INCOMING),
        outgoing=Count("id", filter=Q(direction=CallDirection.OUT)),
        answered=Count("id", filter=_ANSWERED),
        missed=Count("id", filter=_INCOMING & Q(status__in=MISSED)),
        wait=Avg("wait_seconds", filter=_ANSWERED),
        talk=Avg("talk_seconds", filter=Q(talk_seconds__gt=0)),
        talked=Sum("talk_seconds"),
    )
    (untold,) = counted([CallNotification.objects.filter(**period.ids, state=NotificationState.FAILED)])
    ended = seen["answered"] + seen["missed"]
    share = 100 * seen["answered"] / ended if ended else None
    return [
        Figure("total", _("Calls"), seen["total"], sentence=_CALLS),
        Figure("incoming", pgettext_lazy("figure of a report", "Incoming"), seen["incoming"]),
        Figure("outgoing", pgettext_lazy("figure of a report", "Outgoing"), seen["outgoing"]),
        Figure("missed", _("Missed"), seen["missed"], sentence=_MISSED, is_trouble=True),
        Figure("answered_share", _("Answered share"), share, Unit.PERCENT),
        Figure("wait", _("Wait for an answer, average"), _number(seen["wait"]), Unit.SECONDS),
        Figure("talk", _("Talk, average"), _number(seen["talk"]), Unit.SECONDS),
        Figure("talk_hours", _("Talk, in all"), round((seen["talked"] or 0) / 3600, 1), Unit.HOURS),
        Figure("untold", _("Messages to CRMs that failed"), untold, sentence=_UNTOLD, is_trouble=True),
    ]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


register_section(Section("calls", _("Calls"), calls, place=10))
