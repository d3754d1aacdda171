"""For whoever develops the receiver: a program that verifies signatures, and links to a page of their own."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from tenants.errors import ConfigError
from webhooks.actions.portal_links import make_link, take_back_link
from webhooks.admin.endpoints.part import Part, page_of, sub
from webhooks.models import Endpoint, PortalLink
from webhooks.snippets import LANGUAGES, failing_sample, snippet

MOST_SHOWN = 50


class LinkForm(forms.Form):
    name = forms.CharField(
        label=_("For whom"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("The shop's developers")}),
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=30,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        widget=UnfoldAdminSelectWidget,
    )
    may_change = forms.BooleanField(
        label=_("May send again, test and change the secret"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )


class Developers(Part):
    views: ClassVar[tuple[str, ...]] = ("verify", "links")

    def verify_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        chosen = request.GET.get("language", "")
        chosen = chosen if chosen in LANGUAGES else next(iter(LANGUAGES))
        sample = failing_sample(endpoint)
        code = why = ""
        try:
            code = snippet(endpoint, chosen, sample)
        except ConfigError as error:
            why = str(error)
        return self._shown(
            request,
            "admin/webhooks/verify.html",
            title=_("Verify signatures"),
            endpoint=endpoint,
            code=code,
            why=why,
            sample=sample,
            chosen=chosen,
            languages=[(one.name, one.title) for one in LANGUAGES.values()],
            back=page_of(pk),
        )

    def links_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        if "take_back" in request.POST:
            return self._take_back(request, endpoint)
        form = LinkForm(request.POST or None)
        made = None
        if request.method == "POST" and form.is_valid():
            values: dict[str, Any] = form.cleaned_data
            until = timezone.now() + timedelta(days=values["days"])
            try:
                _link, made = make_link(endpoint, values["name"], until, may_change=values["may_change"])
            except ConfigError as error:
                form.add_error(None, str(error))
        return self._links_page(request, endpoint, form, made)

    def _links_page(
        self, request: HttpRequest, endpoint: Endpoint, form: LinkForm, made: str | None
    ) -> TemplateResponse:
        answer = self._shown(
            request,
            "admin/webhooks/links.html",
            title=_("Links for developers"),
            endpoint=endpoint,
            form=form,
            made=made,
            links=list(PortalLink.objects.filter(endpoint=endpoint).order_by("-id")[:MOST_SHOWN]),
            back=page_of(endpoint.pk),
        )
        # The address is shown this once.
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _take_back(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        try:
            wanted = uuid.UUID(request.POST["take_back"])
        except ValueError as error:
            raise Http404 from error
        link = PortalLink.objects.filter(endpoint=endpoint, pk=wanted).first()
        if link is None:
            raise Http404
        if take_back_link(link):
            messages.success(request, translated("The link opens nothing any more."))
        return HttpResponseRedirect(sub(endpoint.pk, "links"))
