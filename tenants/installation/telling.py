"""Who hears of an alert of the installation: its operators by mail, and as an event the companies they chose.

What is wrong with the installation may say something of its other companies, so none of them is told by itself.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from tenants.events import NewEvent, emit_many
from tenants.installation.troubles import title_of
from tenants.mail import NotMailed, can_mail, send_mail
from tenants.models import SystemAlert, Tenant, User
from tenants.scoping import all_tenants

logger = logging.getLogger(__name__)
TYPE: Final = "system.alert"
BEGUN: Final = 1
ENDED: Final = 2


class Operator(NamedTuple):
    address: str
    language: str


def tell_companies(alert: SystemAlert, *, is_over: bool) -> int:
    """In the caller's transaction; to how many. Once each, whoever repeats it."""
    companies = Tenant.objects.filter(is_active=True, hears_system_alerts=True).order_by("pk")
    what = "ended" if is_over else "begun"
    events = []
    for company in companies:
        with override(company.language):
            key = f"{TYPE}:installation:{alert.pk}:{what}"
            events.append(NewEvent(company.pk, TYPE, _data(alert, what), key))
    with all_tenants():
        return len(emit_many(events))


def _data(alert: SystemAlert, state: str) -> dict[str, Any]:
    title = title_of(alert.code)
    found = {
        "severity": alert.severity if state == "begun" else "info",
        "code": alert.code,
        "state": state,
        "message": title if state == "begun" else _("Over: %(what)s") % {"what": title},
        "component": "installation",
        "since": alert.since.isoformat(),
        "details": {"text": alert.detail},
    }
    return found | ({"until": alert.ended_at.isoformat()} if alert.ended_at else {})


def operators() -> list[Operator]:
    """The operator's staff with an address; nobody where nothing can be mailed."""
    if not can_mail():
        return []
    found = User.objects.filter(is_active=True, is_superuser=True).exclude(email="").order_by("pk")
    return [
        Operator(address, language or settings.LANGUAGE_CODE)
        for address, language in found.values_list("email", "language")
    ]


def mail_owed() -> int:
    """The mails that are due, from this thread; how many alerts were told of. What no server took is tried again."""
    people = operators()
    begun = SystemAlert.objects.filter(told_at__isnull=False, letters__lt=BEGUN, ended_at=None)
    ended = SystemAlert.objects.filter(ended_at__isnull=False, letters=BEGUN)
    return sum(_mail(alert, BEGUN, people) for alert in begun) + sum(
        _mail(alert, ENDED, people) for alert in ended
    )


def _mail(alert: SystemAlert, number: int, people: Sequence[Operator]) -> bool:
    former = alert.letters
    if not SystemAlert.objects.filter(pk=alert.pk, letters=former).update(letters=number):
        return False
    if people and not mail(people, alert.code, alert.detail, alert.since, alert.ended_at):
        SystemAlert.objects.filter(pk=alert.pk, letters=number).update(letters=former)
        return False
    return True


def mail(
    people: Sequence[Operator], code: str, detail: str, since: datetime, until: datetime | None = None
) -> int:
    """Now, each in their language; how many mails were taken. `until`: it is over since then."""
    count = 0
    for person in people:
        with override(person.language):
            try:
                send_mail(person.address, *_written(code, detail, since, until))
                count += 1
            except NotMailed as error:
                logger.warning("an operator could not be told of %s by mail: %s", code, error)
    return count


def _written(code: str, detail: str, since: datetime, until: datetime | None) -> tuple[str, str]:
    title = title_of(code)
    subject = _("Over: %(what)s") % {"what": title} if until else title
    times = {"since": _moment(since), "until": _moment(until) if until else ""}
    when = _("From %(since)s to %(until)s.") if until else _("Since %(since)s.")
    page = settings.PUBLIC_URL + reverse("admin:tenants_systemalert_changelist")
    text = _("You get these mails because you are an operator of %(url)s.") % {"url": settings.PUBLIC_URL}
    parts = [title + ".", detail, when % times, page, text]
    return f"[Switchboard] {subject}", "\n\n".join(part for part in parts if part)


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'SHORT_DATETIME_FORMAT')} {local.tzname()}"
