"""Mails to those who look after a company: an endpoint takes nothing, was switched off, or takes events again."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tenants.alerts import recipients
from webhooks.actions.owe_letters import owe_letters
from webhooks.models import Endpoint
from webhooks.reasons import explained


class Warned(StrEnum):
    FAILING = "failing"
    DISABLED = "disabled"
    RECOVERED = "recovered"


_WORDS: Final = {
    Warned.FAILING: (
        gettext_lazy("%(name)s takes no events"),
        gettext_lazy(
            "The endpoint “%(name)s” of %(company)s has taken nothing since %(since)s. After five days it is switched off."
        ),
    ),
    Warned.DISABLED: (
        gettext_lazy("%(name)s was switched off"),
        gettext_lazy(
            "The endpoint “%(name)s” of %(company)s was switched off at %(since)s. What comes up meanwhile is kept and can be sent once it is enabled."
        ),
    ),
    Warned.RECOVERED: (
        gettext_lazy("%(name)s takes events again"),
        gettext_lazy("The endpoint “%(name)s” of %(company)s takes events again."),
    ),
}


def mail_warning(endpoint: Endpoint, kind: Warned, reason: str = "", since: datetime | None = None) -> int:
    """Each in their own language, in the caller's transaction; to how many. `reason` is a code of webhooks.reasons."""
    tenant = endpoint.tenant
    subject, text = _WORDS[kind]
    count = 0
    for person in recipients(tenant.pk):
        with override(person.language or tenant.language):
            moment = timezone.localtime(since or timezone.now(), tenant.zone)
            words = {
                "name": endpoint.name,
                "company": tenant.name,
                "since": date_format(moment, "SHORT_DATETIME_FORMAT"),
            }
            parts = [str(text) % words, *_why(reason), _page(endpoint), _footer(tenant.name)]
            body = "\n\n".join(parts)
            count += owe_letters(tenant, endpoint.pk, [person.address], str(subject) % words, body)
    return count


def _why(reason: str) -> list[str]:
    return [" ".join(str(part) for part in explained(reason) if part)] if reason else []


def _page(endpoint: Endpoint) -> str:
    return settings.PUBLIC_URL + reverse("admin:webhooks_endpoint_change", args=[endpoint.pk])


def _footer(company: str) -> str:
    return _(
        "You get these mails because you look after %(company)s. Switch them off above the list of integrations."
    ) % {"company": company}
