"""Why there may be no call at all at that time and with that number."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from telephony.diagnosis.facts import SearchFacts
from telephony.diagnosis.steps import Fix, Step


def of_absence(facts: SearchFacts) -> Iterator[Step]:
    if not facts.exchanges:
        advice = _("Add the telephone exchange: it gets a token, which its dialplan sends with every event.")
        yield Step("exchange", "bad", _("There is no telephone exchange yet."), "", advice, Fix.EXCHANGES)
        return
    if not facts.enabled_exchanges:
        yield Step(
            "exchange",
            "bad",
            _("The telephone exchange is switched off."),
            "",
            _("Switch it on."),
            Fix.EXCHANGES,
        )
        return
    yield Step("exchange", "good", _("A telephone exchange is set up and switched on."))
    if facts.last_event_at is None:
        text = _(
            "The address or the token in the dialplan is wrong, or a firewall is in between: messages with a wrong token are not kept."
        )
        yield Step(
            "events",
            "bad",
            _("No message of the exchange has ever come."),
            text,
            _("Its page says what to put into the dialplan."),
            Fix.EXCHANGES,
        )
    elif not facts.events_around:
        text = _("Nothing at all came in the ten minutes before and after.")
        advice = _(
            "See whether the exchange reached us then; calls without a word can only come from its call records."
        )
        yield Step("events", "bad", _("The exchange was silent at that time."), text, advice, Fix.EXCHANGES)
    elif facts.loose:
        text = ngettext(
            "%(count)d message of that time belongs to no call.",
            "%(count)d messages of that time belong to no call.",
            facts.loose,
        ) % {"count": facts.loose}
        advice = _("They lack UniqueId, or only tell of a recording: look at them.")
        yield Step(
            "events", "bad", _("Messages came, but no call could be made of some."), text, advice, Fix.EVENTS
        )
    else:
        text = _("There were %(count)d calls at that time, none with that number.") % {
            "count": facts.calls_around
        }
        advice = _(
            "Perhaps the number was withheld, or it was written in another way: look at the calls of that time."
        )
        yield Step("events", "bad", _("The exchange told of other calls."), text, advice, Fix.EVENTS)
