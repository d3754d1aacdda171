"""Refused clicks are audited and counted; many of them within ten minutes look like toll fraud and are told to people."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from config.ids import uuid7_at
from config.metrics import counter
from telephony.dialing.policy import SUSPICIOUS
from telephony.models import DialPolicy, OriginateRequest, OriginateState
from tenants import audit
from tenants.alerts import recipients
from tenants.events import emit
from webhooks.actions.owe_letters import owe_letters

WINDOW: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(hours=1)

refused_total = counter("switchboard_clicks_refused_total", "Clicks that were not called.", ("reason",))


def note(request: OriginateRequest, policy: DialPolicy) -> None:
    """A click was just refused, in the transaction of its row and under the lock of the policy."""
    refused_total.inc(request.reason_code)
    if request.reason_code not in SUSPICIOUS:
        return
    told = {"reason": request.reason_code, "extension": request.extension, "phone": request.asked}
    audit.record("originaterequest.refused", request, after=told)
    now = timezone.now()
    if policy.alerted_at is not None and now - policy.alerted_at < PAUSE:
        return
    lately = OriginateRequest.objects.filter(
        id__gte=uuid7_at(now - WINDOW), state=OriginateState.REFUSED, reason_code__in=SUSPICIOUS
    )
    count = lately.count()
    if count >= policy.alert_after:
        _alert(request, policy, count)


def _alert(request: OriginateRequest, policy: DialPolicy, count: int) -> None:
    policy.alerted_at = timezone.now()
    policy.save(update_fields=["alerted_at"])
    audit.record("dialpolicy.alerted", policy, after={"refusals": count})
    tenant = request.tenant
    with override(tenant.language):
        message = _("%(count)d clicks were refused within ten minutes, the last one: %(reason)s")
        data = {
            "kind": "toll_fraud",
            "severity": "warning",
            "message": message % {"count": count, "reason": request.reason},
        }
    emit(tenant, "security.violation", data, key=f"security.violation:clicks:{request.pk}")
    for person in recipients(tenant.pk):
        with override(person.language or tenant.language):
            subject, text = _letter(request, count)
            owe_letters(tenant, policy.pk, [person.address], subject, text)


def _letter(request: OriginateRequest, count: int) -> tuple[str, str]:
    tenant = request.tenant
    words = {
        "count": count,
        "company": tenant.name,
        "extension": request.extension,
        "phone": request.phone or request.asked,
        "reason": request.reason,
        "when": date_format(timezone.localtime(timezone=tenant.zone), "SHORT_DATETIME_FORMAT"),
    }
    page = (
        settings.PUBLIC_URL + reverse("admin:telephony_originaterequest_changelist") + "?state__exact=refused"
    )
    parts = [
        _("%(count)d clicks of %(company)s were refused within ten minutes.") % words,
        _("The last one, at %(when)s: extension %(extension)s wanted to call %(phone)s. %(reason)s") % words,
        _(
            "If nobody of yours did this, somebody else has a key or a password: change them and see who called what."
        ),
        page,
    ]
    return _("%(company)s: many refused calls by click") % words, "\n\n".join(parts)
