"""The way of the call itself: from the exchange to a call with a client and phones that ring."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from telephony.diagnosis.facts import CallFacts
from telephony.diagnosis.steps import Fix, Step


def of_call(facts: CallFacts) -> Iterator[Step]:
    yield _received(facts)
    if facts.degraded:
        text = "; ".join(facts.degraded)
        advice = _("Correct what the dialplan sends: docs/telephony.md has a form that works.")
        yield Step("degraded", "warn", _("A message could not be read properly."), text, advice, Fix.EVENTS)
    if facts.has_clock_skew:
        advice = _("Set the exchange's time zone in its settings, and have its clock set by the network.")
        yield Step("clock", "warn", _("The exchange's clock differs from ours."), "", advice, Fix.EXCHANGE)
    yield _folded(facts)
    yield _direction(facts)
    yield _live(facts)
    yield _ringing(facts)
    yield _number(facts)


def _received(facts: CallFacts) -> Step:
    if not facts.events:
        text = _("The messages of this call are gone: they are kept for a while only.")
        return Step("received", "warn", _("Nothing is known of what the exchange said."), text)
    text = ngettext("%(count)d message came.", "%(count)d messages came.", facts.events) % {
        "count": facts.events
    }
    return Step("received", "good", _("The exchange told of the call, with the right token."), text)


def _folded(facts: CallFacts) -> Step:
    if facts.merged_into is not None:
        advice = _("Look at the call that it belongs to: pop-ups are told there.")
        title = _("This turned out to be a part of another call.")
        return Step("folded", "bad", title, "", advice, Fix.CALL, facts.merged_into)
    return Step("folded", "good", _("The messages make one call."))


def _direction(facts: CallFacts) -> Step:
    if facts.direction == "internal":
        text = _("Colleagues spoke to each other: CRMs are not told of that.")
        return Step("direction", "bad", _("It is an internal call."), text)
    if facts.direction not in ("in", "out"):
        text = _("No message says whether it came in or went out.")
        advice = _("The dialplan has to send CallType with /start: 0 for incoming, 1 for outgoing calls.")
        return Step("direction", "bad", _("The direction is not known."), text, advice, Fix.EXCHANGE)
    words = _("It is an incoming call.") if facts.direction == "in" else _("It is an outgoing call.")
    return Step("direction", "good", words)


def _live(facts: CallFacts) -> Step:
    if facts.sources and facts.sources <= {"cdr"}:
        text = _("It was found in the call records after it was over: a pop-up would only have confused.")
        advice = _(
            "See why nothing came while it rang: the connection to the exchange was probably interrupted."
        )
        return Step(
            "live", "bad", _("Nothing was heard of it while it went on."), text, advice, Fix.EXCHANGES
        )
    return Step("live", "good", _("It was heard of while it went on."))


def _ringing(facts: CallFacts) -> Step:
    if not facts.rang:
        text = _("So nobody could be shown the call: a pop-up is for the owner of a phone.")
        advice = _("The dialplan has to send /dial with Extensions before it rings the phones.")
        if facts.sources & {"ami"}:
            advice = _(
                "The call ended in a menu or queue before any phone rang; then there is nothing to mend."
            )
        return Step("ringing", "bad", _("No phone rang."), text, advice, Fix.EXCHANGE)
    rang = _("Rang: %(extensions)s.") % {"extensions": ", ".join(facts.rang)}
    if facts.is_ring_synthetic:
        text = _("Its ringing was completed from the answer or the hang-up.")
        advice = _("The dialplan has to send /dial with Extensions before it rings the phones.")
        return Step(
            "ringing",
            "warn",
            _("The exchange did not tell of the ringing in time."),
            f"{rang} {text}",
            advice,
            Fix.EXCHANGE,
        )
    return Step("ringing", "good", _("The exchange told whose phone rang."), rang)


def _number(facts: CallFacts) -> Step:
    if facts.client_number:
        return Step("number", "good", _("The client's number is known."), facts.client_number)
    if not facts.client_raw or not any(character.isdecimal() for character in facts.client_raw):
        text = _("The caller withheld it: there is nobody to look up in the CRM.")
        return Step("number", "bad", _("The client's number is not known."), text)
    text = _("“%(number)s” is no complete telephone number in %(region)s.") % {
        "number": facts.client_raw,
        "region": facts.region or _("the company's region"),
    }
    advice = _(
        "Check the company's phone region, or have the exchange send the number with its country code."
    )
    return Step("number", "bad", _("The client's number is not known."), text, advice, Fix.COMPANY)
