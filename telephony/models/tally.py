"""Calls counted by the day, and days by the month: statistics cost the same however many calls there were."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from telephony.models.call import CallDirection
from tenants.models import TenantModel

# Upper bounds in seconds of the classes in which waits for an answer are counted; what took longer is in one more.
WAITS: Final = (5, 10, 15, 20, 30, 45, 60, 90, 120, 300)
WAIT_FIELDS: Final = tuple(f"wait_{number}" for number in range(len(WAITS) + 1))
COUNTS: Final = ("calls", "answered", "missed", "wait_total", "talk_total", *WAIT_FIELDS)
MONTH_COLUMNS: Final = ("key", "direction", *COUNTS)


class TallyOf(models.TextChoices):
    """What the calls of a day are counted by. `DAY` is one row in any case: it says that the day was counted."""

    DAY = "day", _("day")
    HOUR = "hour", _("hour")
    EXTENSION = "ext", _("extension")
    LINE = "line", _("line")


class CallTally(TenantModel):
    """The calls of one day, in the company's zone, that have one thing in common. Made anew whenever one of them ends.

    A call counts for the extension whose call it is and for the line that it came by. Waits are those of incoming calls
    that were answered, by classes (see WAITS).
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    day = models.DateField(_("day"))
    of = models.CharField(_("counted by"), max_length=4, choices=TallyOf.choices)
    key = models.CharField(_("which"), max_length=100, blank=True)
    direction = models.CharField(_("direction"), max_length=8, choices=CallDirection.choices, blank=True)
    calls = models.PositiveIntegerField(_("calls"), default=0)
    answered = models.PositiveIntegerField(pgettext_lazy("figure", "answered"), default=0)
    missed = models.PositiveIntegerField(_("missed"), default=0)
    wait_total = models.PositiveBigIntegerField(_("wait in all, s"), default=0)
    talk_total = models.PositiveBigIntegerField(_("talk in all, s"), default=0)
    wait_0 = models.PositiveIntegerField(_("answered within 5 s"), default=0)
    wait_1 = models.PositiveIntegerField(_("within 5–10 s"), default=0)
    wait_2 = models.PositiveIntegerField(_("within 10–15 s"), default=0)
    wait_3 = models.PositiveIntegerField(_("within 15–20 s"), default=0)
    wait_4 = models.PositiveIntegerField(_("within 20–30 s"), default=0)
    wait_5 = models.PositiveIntegerField(_("within 30–45 s"), default=0)
    wait_6 = models.PositiveIntegerField(_("within 45–60 s"), default=0)
    wait_7 = models.PositiveIntegerField(_("within 60–90 s"), default=0)
    wait_8 = models.PositiveIntegerField(_("within 90–120 s"), default=0)
    wait_9 = models.PositiveIntegerField(_("within 2–5 minutes"), default=0)
    wait_10 = models.PositiveIntegerField(_("after more than 5 minutes"), default=0)

    class Meta:
        verbose_name = _("calls of a day")
        verbose_name_plural = _("calls by the day")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "of", "day", "key", "direction"], name="call_tally_once"
            )
        ]
        # An agent's own year is looked at among those of hundreds of colleagues.
        indexes = [models.Index(fields=["tenant", "of", "key", "day"], name="call_tally_of_one")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.of} {self.key}: {self.calls}"


class CallMonth(TenantModel):
    """What all days of one month come to, in one row: a year costs no more than a month.

    It is there while it is true: whoever counts one of its days anew takes it away. `figures` has the sums by extension
    (`ext`) and line (`line`) as lists in the order of MONTH_COLUMNS, by weekday from 1 on and hour (`week`: weekday, hour,
    incoming calls, missed ones), and of each day (`days`: date, direction, calls, answered, missed).
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    month = models.DateField(_("first day of the month"))
    figures = models.JSONField(_("figures"))

    class Meta:
        verbose_name = _("calls of a month")
        verbose_name_plural = _("calls by the month")
        constraints = [models.UniqueConstraint(fields=["tenant", "month"], name="call_month_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
