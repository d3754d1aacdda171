"""What a list of calls can be narrowed to besides its own columns: the same words for pages, exports and the API.

Each condition is served by an index of its own (telephony/tests/test_plans.py).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import BooleanField, Exists, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.ids import uuid7_at
from telephony.fold.numbers import to_e164
from telephony.models import (
    Call,
    CallAlias,
    CallDirection,
    CallNotification,
    CallParticipant,
    MissedClient,
    Pbx,
)
from telephony.models.call import LINE, MISSED, tail_of

FEWEST_DIGITS: Final = 3
NAMES_REACH: Final = timedelta(
    days=92
)  # a name is looked for in the calls of a quarter: no index serves its middle
LONGEST_TEXT: Final = 100
# 1795254021.57 as Asterisk names channels, the system's name before it, or a click's own id.
# As the index says it. Of values that come as parameters SQLite does not see that they are those of the index.
_UNSENT: Final = RawSQL("state IN ('failed', 'parked')", (), output_field=BooleanField())
CHANNEL: Final = re.compile(r"(?:[\w.-]+-)?[0-9]{9,11}\.[0-9]+|c2c-[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One condition by the name that addresses, exports and the API have for it. Without choices any text will do."""

    name: str
    title: str | Promise
    condition: Callable[[str], Q]
    choices: Mapping[str, str | Promise] | None = None

    def q(self, value: str) -> Q:
        """ValueError for a value that is none of the choices."""
        if self.choices is not None and value not in self.choices:
            raise ValueError(value)
        return self.condition(value.strip()[:LONGEST_TEXT])


def _missed(value: str) -> Q:
    missed = Q(direction=CallDirection.IN, status__in=sorted(MISSED))
    if value != "open":
        return missed
    waiting = MissedClient.objects.filter(
        tenant_id=OuterRef("tenant_id"),
        client_number=OuterRef("client_number"),
        cleared_at__isnull=True,
        first_missed_at__lte=OuterRef("started_at"),
    )
    numbers = MissedClient.objects.filter(cleared_at__isnull=True).values("client_number")
    theirs = Call.objects.filter(client_number__in=numbers)
    return missed & Q(id__in=theirs.values("id")) & Q(Exists(waiting))


def _extension(value: str) -> Q:
    return Q(id__in=CallParticipant.objects.filter(extension=value).values("call_id"))


def _line(value: str) -> Q:
    # As the index says it: of "this or that" SQLite would rather walk through all calls in their order.
    return Q(Exact(LINE, Value(value)))


def _recorded(_value: str) -> Q:
    return Q(recording_size__gt=44, finished_at__isnull=False)  # a file of 44 bytes is a head without sound


def _crm(_value: str) -> Q:
    return Q(id__in=CallNotification.objects.filter(_UNSENT).values("call_id"))


NARROWINGS: Final = {
    one.name: one
    for one in (
        Narrowing(
            "missed", _("missed"), _missed, {"1": _("only missed"), "open": _("missed and not called back")}
        ),
        Narrowing("extension", _("extension"), _extension),
        Narrowing("line", _("our line"), _line),
        Narrowing("recorded", _("recording"), _recorded, {"1": _("with a recording")}),
        Narrowing("crm", _("CRM"), _crm, {"problem": _("a message to the CRM failed")}),
    )
}


def by_words(text: str, region: str) -> Q:
    """What the search box finds: a whole number in any form, the end of one, an id at the exchange, a part of a name.

    One of them, by its looks: no index serves all at once.
    """
    words = text.strip()[:LONGEST_TEXT]
    if not words:
        return Q()
    if CHANNEL.fullmatch(words):
        channels = CallAlias.objects.filter(pbx__in=Pbx.objects.values("id"), channel=words)
        return Q(id__in=channels.values("call_id"))
    digits = tail_of(words)
    if len(digits) >= FEWEST_DIGITS and not any(character.isalpha() for character in words):
        whole = tail_of(to_e164(words, region) or "")
        # One range, never "this or that": with that SQLite would rather walk through all calls in their order. Of what was
        # typed as it is dialled inside the country (8 029 …) the end is that of the whole number.
        return ends_with(whole if whole and not whole.startswith(digits) else digits)
    return Q(id__gte=uuid7_at(timezone.now() - NAMES_REACH), client_name__icontains=words)


def ends_with(tail: str) -> Q:
    """Numbers whose digits, read backwards, begin so: a range of the index, in every collation."""
    return Q(client_tail__gte=tail, client_tail__lt=f"{tail[:-1]}{chr(ord(tail[-1]) + 1)}")
