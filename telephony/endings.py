"""When each kind of message about calls reached a CRM last, and when it failed."""

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from integrations.endings import NEWEST, NEWEST_FAILED, Ended, Endings, latest
from integrations.models import Integration
from telephony.models import CallNotification, NotificationState

UNSENT: Final = (NotificationState.FAILED, NotificationState.PARKED)


def of_notifications(integration: Integration) -> Endings:
    """Two queries, each bounded."""
    rows = CallNotification.objects.filter(integration=integration).order_by("-id")
    found = [
        *rows.filter(state__in=(NotificationState.DONE, *UNSENT))[:NEWEST],
        *rows.filter(state__in=UNSENT)[:NEWEST_FAILED],
    ]
    return Endings(
        _("Messages about calls"),
        latest(
            (
                row.get_kind_display(),
                row.state == NotificationState.DONE,
                Ended(
                    row.settled_at or row.attempted_at or row.created_at,
                    reverse("admin:telephony_callnotification_change", args=[row.pk]),
                    row.why,
                ),
            )
            for row in found
        ),
    )
