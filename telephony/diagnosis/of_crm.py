"""The way of a pop-up to one CRM: whether it is told of the call, whose phone it knows, and what became of the message."""

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from telephony.diagnosis.facts import CallFacts, CrmFacts, Popup
from telephony.diagnosis.steps import Fix, Step
from telephony.models.policy import PopupMode

SLOW_MS: Final = 3_000


def no_crm() -> Step:
    advice = _("Connect a CRM under Integrations.")
    return Step("crm", "bad", _("No CRM is connected that shows calls."), "", advice, Fix.INTEGRATIONS)


def of_crm(facts: CallFacts, crm: CrmFacts) -> Iterator[Step]:
    """Its own way, which may end early; the other CRMs' ways go on."""
    for popup in crm.popups:
        yield from _of_popup(crm, popup)
    if crm.popups:
        shown = {extension for popup in crm.popups for extension in popup.extensions}
        spared = tuple(extension for extension in crm.quiet if extension not in shown)
        if spared:
            yield _quiet(crm, spared, "")
        return
    if not crm.is_enabled:
        text = crm.paused_reason
        advice = _("Switch the integration on.")
        yield _at(crm, "enabled", "bad", _("%(crm)s is switched off.") % {"crm": crm.name}, text, advice)
    elif not crm.hears_line:
        yield _not_told(facts, crm)
    elif crm.quiet and set(crm.quiet) >= set(facts.rang):
        yield _quiet(crm, tuple(crm.quiet), "bad")
    elif crm.since is not None and crm.since > facts.started_at:
        title = _("%(crm)s was connected only after the call.") % {"crm": crm.name}
        yield _at(crm, "connected", "bad", title)
    else:
        title = _("No pop-up was planned for %(crm)s.") % {"crm": crm.name}
        text = _("It was switched off at that time, or the call is too old and its messages are forgotten.")
        yield _at(crm, "planned", "bad", title, text)
    if crm.broken:
        yield _broken(crm)
    yield from _unmapped(crm, facts.rang)


def _not_told(facts: CallFacts, crm: CrmFacts) -> Step:
    line = facts.line or facts.did or facts.trunk
    title = _("%(crm)s is not told of calls by the line %(line)s.") % {"crm": crm.name, "line": line}
    text = _("Other systems hear of it.") if facts.is_line_told else _("No CRM is told of its calls.")
    advice = _("The line's settings say which systems hear of it.")
    return Step("line", "bad", title, text, advice, Fix.LINE, facts.line_id)


def _quiet(crm: CrmFacts, extensions: Sequence[str], tone: str) -> Step:
    """Their owners chose so: bad where nobody else was shown the call, else just for the record."""
    title = ngettext(
        "The owner of %(extensions)s wants no pop-up while the phone rings.",
        "The owners of %(extensions)s want no pop-up while the phone rings.",
        len(extensions),
    ) % {"extensions": ", ".join(extensions)}
    modes = [f"{extension}: {PopupMode(crm.quiet[extension]).label}" for extension in extensions]
    text = _("Pop-ups appear: %(modes)s.") % {"modes": ", ".join(modes)}
    advice = _(
        "When pop-ups appear is chosen under Calls in the CRM, for single extensions under Pop-ups of extensions."
    )
    return Step("mode", tone, title, text, advice, Fix.POPUPS)


def _of_popup(crm: CrmFacts, popup: Popup) -> Iterator[Step]:
    yield from _unmapped(crm, popup.extensions)
    whom = {"crm": crm.name, "extensions": ", ".join(popup.extensions)}
    if popup.state == "done":
        yield _shown(crm, popup, whom)
    elif popup.state == "pending":
        yield _at(
            crm,
            "sent",
            "warn",
            _("The pop-up for %(extensions)s waits to be sent to %(crm)s.") % whom,
            popup.why,
        )
        if crm.broken:
            yield _broken(crm)
    elif popup.state == "parked":
        advice = _("Switch the integration on.")
        yield _at(
            crm, "sent", "bad", _("%(crm)s was switched off when the phone rang.") % whom, popup.why, advice
        )
    elif popup.state == "cancelled":
        yield _cancelled(crm, popup, whom)
    else:
        title = _("%(crm)s did not take the pop-up for %(extensions)s.") % whom
        advice = crm.health or _("What was said, word for word, stands below the notification.")
        yield _at(crm, "sent", "bad", title, popup.why, advice)


def _shown(crm: CrmFacts, popup: Popup, whom: dict[str, str]) -> Step:
    if popup.unknown_there:
        title = _("%(crm)s took the pop-up, but does not know %(values)s.") % {
            **whom,
            "values": ", ".join(popup.unknown_there),
        }
        advice = _("Load the users again, and give the number to somebody who is there.")
        return _at(crm, "sent", "bad", title, "", advice)
    text = "" if popup.waited is None else _("%(ms)d ms after the phone rang.") % {"ms": popup.waited}
    if popup.waited is not None and popup.waited > SLOW_MS:
        title = _("%(crm)s took the pop-up for %(extensions)s late.") % whom
        return _at(crm, "sent", "warn", title, text, _("The CRM answers slowly: see its latest exchanges."))
    return _at(crm, "sent", "good", _("%(crm)s took the pop-up for %(extensions)s.") % whom, text)


def _cancelled(crm: CrmFacts, popup: Popup, whom: dict[str, str]) -> Step:
    title = _("The pop-up for %(extensions)s was not sent to %(crm)s.") % whom
    advice = {
        "too_late": _(
            "The message came late, or the workers were busy: compare the times in the story of the call."
        ),
        "call_over": _("The call ended at once, or its messages came all together at its end."),
        "unsupported": _("This system shows no pop-ups; it gets the call's history."),
    }.get(popup.reason_code, "")
    return _at(crm, "sent", "bad", title, popup.why, advice)


def _unmapped(crm: CrmFacts, extensions: Sequence[str]) -> Iterator[Step]:
    missing = [extension for extension in extensions if extension not in crm.users]
    if missing:
        title = ngettext(
            "In %(crm)s the extension %(extensions)s belongs to nobody.",
            "In %(crm)s the extensions %(extensions)s belong to nobody.",
            len(missing),
        ) % {"crm": crm.name, "extensions": ", ".join(missing)}
        tone = "bad" if len(missing) == len(extensions) else "warn"
        yield _at(crm, "mapped", tone, title, "", _("Say on the integration's page whose extension it is."))
    elif extensions:
        text = ", ".join(f"{extension} – {crm.users[extension]}" for extension in extensions)
        yield _at(crm, "mapped", "good", _("%(crm)s knows whose phone it is.") % {"crm": crm.name}, text)


def _broken(crm: CrmFacts) -> Step:
    title = _("%(crm)s failed so often that it is left alone for a moment.") % {"crm": crm.name}
    return _at(crm, "breaker", "bad", title, crm.broken)


def _at(crm: CrmFacts, code: str, tone: str, title: str, text: str = "", advice: str = "") -> Step:
    fix = Fix.INTEGRATION if tone in ("bad", "warn") else Fix.NONE
    return Step(code, tone, title, text, advice, fix, crm.id if fix else None)
