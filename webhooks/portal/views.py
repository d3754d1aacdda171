"""The pages: what was sent and how it went, sending it again, the secret, a test, the snippet."""

import uuid
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.errors import ConfigError
from webhooks.actions import mass
from webhooks.actions.replay_deliveries import replay_delivery
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.actions.send_test import send_test
from webhooks.health import health
from webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, MassKind, PortalLink
from webhooks.portal.door import opened
from webhooks.portal.forms import OverlapForm, RangeForm, TestForm
from webhooks.readable import readable
from webhooks.schemes import public_key_of, secret_to_show
from webhooks.selectors import DeliveryFilter, deliveries, sent_body
from webhooks.snippets import LANGUAGES, failing_sample, snippet

PAGE: Final = 25


@opened("GET")
def overview(request: HttpRequest, token: str, link: PortalLink) -> HttpResponse:
    """Newest first; `before` is the last id of the page before."""
    endpoint = link.endpoint
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    rows = deliveries(DeliveryFilter(endpoint=endpoint.pk, state=state or None)).select_related(None)
    before = _uuid(request.GET.get("before", ""))
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    return _page(
        request,
        token,
        link,
        "overview",
        rows=found[:PAGE],
        next=found[PAGE - 1].pk if len(found) > PAGE else None,
        state=state,
        states=DeliveryState.choices,
        health=health(endpoint),
        running=endpoint.mass_actions.filter(state__in=mass.UNFINISHED).first(),
    )


@opened("GET")
def delivery(request: HttpRequest, token: str, link: PortalLink, delivery_id: uuid.UUID) -> HttpResponse:
    found = _delivery(link, delivery_id)
    body = sent_body(found)
    return _page(
        request,
        token,
        link,
        "delivery",
        delivery=found,
        attempts=list(Attempt.objects.filter(delivery=found).order_by("-n")),
        body=None if body is None else readable(body),
        can_resend=link.may_change and found.state != DeliveryState.PENDING,
    )


@opened("POST", changes=True)
def resend(request: HttpRequest, token: str, link: PortalLink, delivery_id: uuid.UUID) -> HttpResponse:
    try:
        replay_delivery(_delivery(link, delivery_id))
        messages.success(request, _("It is sent again."))
    except ConfigError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("portal-delivery", args=[token, delivery_id]))


@opened("GET", "POST", changes=True)
def recover(request: HttpRequest, token: str, link: PortalLink) -> HttpResponse:
    """What failed in a range: the count first, then all of it."""
    now = timezone.now()
    initial = {"since": now - timedelta(days=1), "until": now + timedelta(minutes=1)}
    form = RangeForm(request.POST or None, initial=initial)
    count = None
    if request.method == "POST" and form.is_valid():
        wanted = DeliveryFilter(
            endpoint=link.endpoint_id,
            state=DeliveryState.FAILED,
            since=form.cleaned_data["since"],
            until=form.cleaned_data["until"],
        )
        if "confirmed" in request.POST:
            done = mass.begin(link.tenant_id, MassKind.REPLAY, wanted).count
            text = ngettext("%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", done)
            messages.success(request, text % {"count": done})
            return _home(token)
        count = mass.count(MassKind.REPLAY, wanted)
    return _page(request, token, link, "recover", form=form, count=count)


@opened("GET", "POST", changes=True)
def secret(request: HttpRequest, token: str, link: PortalLink) -> HttpResponse:
    """The new one is in this answer and never again."""
    form = OverlapForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = rotate_secret(link.endpoint, overlap=timedelta(hours=form.cleaned_data["overlap_hours"]))
        except ConfigError as error:
            form.add_error(None, str(error))
    shown = {"secret": secret_to_show(made), "public_key": public_key_of(made)} if made else {}
    return _page(request, token, link, "secret", form=form, **shown)


@opened("GET", "POST", changes=True)
def test(request: HttpRequest, token: str, link: PortalLink) -> HttpResponse:
    form = TestForm(link.endpoint, request.POST or None)
    if request.method == "POST" and form.is_valid():
        send_test(link.endpoint, sample=form.sample)
        messages.success(request, _("The test is on its way. It appears in this list in a moment."))
        return _home(token)
    return _page(request, token, link, "test", form=form)


@opened("GET")
def verify(request: HttpRequest, token: str, link: PortalLink) -> HttpResponse:
    chosen = request.GET.get("language", "")
    chosen = chosen if chosen in LANGUAGES else next(iter(LANGUAGES))
    sample = failing_sample(link.endpoint)
    code, why = "", ""
    try:
        code = snippet(link.endpoint, chosen, sample)
    except ConfigError as error:
        why = str(error)
    return _page(
        request,
        token,
        link,
        "verify",
        code=code,
        why=why,
        sample=sample,
        chosen=chosen,
        languages=[(one.name, one.title) for one in LANGUAGES.values()],
    )


def _delivery(link: PortalLink, delivery_id: uuid.UUID) -> Delivery:
    """Of this endpoint only."""
    found = Delivery.objects.filter(pk=delivery_id, endpoint_id=link.endpoint_id)
    one = found.select_related("endpoint").first()
    if one is None:
        raise Http404
    return one


def _page(request: HttpRequest, token: str, link: PortalLink, name: str, **context: Any) -> HttpResponse:
    endpoint: Endpoint = link.endpoint
    common = {"token": token, "link": link, "endpoint": endpoint, "here": name}
    return render(request, f"portal/{name}.html", {**common, **context})


def _home(token: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal", args=[token]))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
