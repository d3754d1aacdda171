"""Tries the connection to an exchange because a person asked, and says in plain words how it is."""

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from config.egress import EgressDenied
from integrations.capabilities import Check, CheckState, Diagnosis
from telephony.ami import AmiConnection, AmiRefused
from telephony.listening.clock import ExchangeClock
from telephony.listening.greeting import EVENTS, Greeting, greet
from telephony.listening.troubles import WARNINGS, in_words, reason_of
from telephony.models import AmiAccess, Pbx
from tenants import audit

SKEW_SECONDS: Final = 5.0
# In the order in which they can go wrong; the first that did has the reason.
_STEPS: Final[dict[str, Any]] = {
    "reach": _("The host can be reached"),
    "encryption": _("Encryption"),
    "interface": _("The manager interface answers"),
    "login": _("User name and password"),
}
_STEP_OF: Final = {
    "egress": "reach",
    "dns": "reach",
    "refused": "reach",
    "timeout": "reach",
    "tls": "encryption",
    "no_ami": "interface",
    "ended": "interface",
    "lost": "interface",
    "login": "login",
}


def examine_exchange(pbx: Pbx) -> Diagnosis:
    """Of the saved access. The connection is one of its own: the listener's goes on. Audited."""
    access = AmiAccess.objects.filter(pbx=pbx).select_related("tenant").first()
    if access is None:
        return Diagnosis(_("There is no manager interface to try."), ())
    found = diagnose(access)
    audit.record("pbx.tested", pbx, after={"works": found.works})
    return found


def diagnose(access: AmiAccess) -> Diagnosis:
    """Host, encryption, log-in and rights, one after the other. Nothing is raised that a person can mend."""
    clock = ExchangeClock()
    try:
        egress = access.tenant.egress_allow
        with AmiConnection.open(access, events=EVENTS, egress_allow=egress) as ami:
            greeting = greet(ami, clock)
    except (OSError, EgressDenied, AmiRefused) as error:
        return _failed(*reason_of(error))
    return Diagnosis(
        _("The connection works."),
        (
            *(Check(title, CheckState.PASSED) for title in _STEPS.values()),
            *(check(greeting, clock) for check in _CHECKS),
        ),
    )


def _failed(reason: str, detail: str) -> Diagnosis:
    broken = _STEP_OF.get(reason, "reach")
    checks = []
    for step, title in _STEPS.items():
        if step == broken:
            checks.append(Check(title, CheckState.FAILED, in_words(reason, detail)))
            break
        checks.append(Check(title, CheckState.PASSED))
    return Diagnosis(_("The connection does not work."), tuple(checks))


def _version(greeting: Greeting, clock: ExchangeClock) -> Check:
    return Check(
        _("Version"),
        CheckState.PASSED,
        f"Asterisk {greeting.version}" if greeting.version else greeting.banner,
    )


def _time(greeting: Greeting, clock: ExchangeClock) -> Check:
    title = _("Clock")
    if clock.offset is None:
        return Check(title, CheckState.SKIPPED, _("The exchange does not say what time it is."))
    text = _("Its clock differs from ours by %(seconds).1f seconds, which is allowed for.") % {
        "seconds": abs(clock.offset)
    }
    return Check(title, CheckState.PASSED if abs(clock.offset) < SKEW_SECONDS else CheckState.WARNING, text)


def _right(code: str, title: Any) -> Callable[[Greeting, ExchangeClock], Check]:
    def check(greeting: Greeting, clock: ExchangeClock) -> Check:
        if code in greeting.warnings:
            return Check(title, CheckState.WARNING, WARNINGS[code])
        return Check(title, CheckState.PASSED)

    return check


_CHECKS: Final = (
    _version,
    _time,
    _right("no_system", _("Hears of restarts")),
    _right("no_channels", _("May list the calls that go on")),
    _right("no_phones", _("May list how the phones stand")),
    _right("too_many_rights", _("May not run commands")),
)
