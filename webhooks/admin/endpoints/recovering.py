"""Send again what failed, send what was never sent, take back what waits: counted first, in the background when it is much."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tenants.errors import ConfigError
from webhooks.actions import mass
from webhooks.admin.confirming import ask
from webhooks.admin.endpoints.part import Part, back, page_of
from webhooks.missing import count_missing
from webhooks.models import DeliveryState, Endpoint, MassKind
from webhooks.selectors import DeliveryFilter, deliveries

FAILED, PARKED, MISSING, WAITING = "failed", "parked", "missing", "waiting"


class RangeForm(forms.Form):
    """Of which time, and what with it."""

    what = forms.ChoiceField(
        label=_("What"),
        choices=[
            (FAILED, _("send again what failed")),
            (PARKED, _("send what was parked")),
            (MISSING, _("send events that this endpoint never got")),
            (WAITING, _("cancel what waits")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    since = forms.DateTimeField(
        label=_("Beginning"), widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(
        label=_("End"), widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] >= cleaned["until"]:
            raise ValidationError(_("The beginning must be before the end."))
        return cleaned

    @staticmethod
    def initial_range() -> dict[str, str]:
        now = timezone.localtime()
        start = now.replace(hour=0, minute=0)
        return {"since": f"{start:%Y-%m-%dT%H:%M}", "until": f"{now + timedelta(minutes=1):%Y-%m-%dT%H:%M}"}


class Recovering(Part):
    views: ClassVar[tuple[str, ...]] = ("parked", "recover")

    def parked_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        wanted = DeliveryFilter(endpoint=endpoint.pk, state=DeliveryState.PARKED)
        if request.method == "POST":
            return _told(request, pk, mass.begin(endpoint.tenant_id, MassKind.REPLAY, wanted))
        return ask(
            self,
            request,
            title=_("Send what was parked"),
            text=_("Deliveries that were parked for “%(name)s”: %(count)d. Send them now, oldest first?")
            % {"name": endpoint.name, "count": deliveries(wanted).count()},
            button=_("Send them"),
            back=page_of(pk),
        )

    def recover_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Counts when asked to, and does it only with the count before one's eyes."""
        endpoint = self._writable(request, pk)
        form = RangeForm(request.POST or None, initial=RangeForm.initial_range())
        counted = None
        if request.method == "POST" and form.is_valid():
            what, since, until = (form.cleaned_data[name] for name in ("what", "since", "until"))
            try:
                if "confirmed" in request.POST:
                    return _told(request, pk, _begin(endpoint, what, since, until))
                counted = _count(endpoint, what, since, until)
            except ConfigError as error:
                form.add_error(None, str(error))
        return self._shown(
            request,
            "admin/webhooks/recover.html",
            title=_("Send again, or take back"),
            endpoint=endpoint,
            form=form,
            counted=counted,
            back=page_of(pk),
        )


def _begin(endpoint: Endpoint, what: str, since: datetime, until: datetime) -> mass.Begun:
    if what == MISSING:
        return mass.begin_missing(endpoint, since, until)
    kind = MassKind.CANCEL if what == WAITING else MassKind.REPLAY
    return mass.begin(endpoint.tenant_id, kind, _wanted(endpoint, what, since, until))


def _count(endpoint: Endpoint, what: str, since: datetime, until: datetime) -> dict[str, Any]:
    if what == MISSING:
        found = count_missing(endpoint, since, until)
        return {"count": found.count, "is_all": found.is_all}
    kind = MassKind.CANCEL if what == WAITING else MassKind.REPLAY
    return {"count": mass.count(kind, _wanted(endpoint, what, since, until)), "is_all": True}


def _wanted(endpoint: Endpoint, what: str, since: datetime, until: datetime) -> DeliveryFilter:
    states = {FAILED: DeliveryState.FAILED, PARKED: DeliveryState.PARKED, WAITING: DeliveryState.PENDING}
    return DeliveryFilter(endpoint=endpoint.pk, state=states[what], since=since, until=until)


def _told(request: HttpRequest, pk: uuid.UUID, begun: mass.Begun) -> HttpResponse:
    if begun.action is None:
        messages.success(request, translated("Deliveries: %(count)d.") % {"count": begun.count})
        return back(pk)
    messages.success(request, translated("It goes on in the background."))
    return HttpResponseRedirect(reverse("admin:webhooks_massaction_change", args=[begun.action.pk]))
