"""Send a test, and try the filter on what happened."""

import uuid
from typing import ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from tenants import audit
from webhooks.actions.send_test import preview, send_test
from webhooks.admin.endpoints.part import Part, back, page_of
from webhooks.admin.forms import FilterForm, TestForm
from webhooks.formats import RenderFailed
from webhooks.readable import readable
from webhooks.trials import try_filter


class Trying(Part):
    views: ClassVar[tuple[str, ...]] = ("test", "filter")

    def test_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Shows the body first when asked to; sends it by the real path."""
        endpoint = self._writable(request, pk)
        form = TestForm(request.POST or None)
        shown = fault = None
        if request.method == "POST" and form.is_valid():
            if "show" not in request.POST:
                _event, delivery = send_test(endpoint, form.cleaned_data["message"], form.sample)
                page = reverse("admin:webhooks_delivery_change", args=[delivery])
                link = format_html('<a href="{}">{}</a>', page, translated("See how it went"))
                messages.success(request, format_html("{} {}", translated("The test is on its way."), link))
                return back(pk)
            try:
                shown = preview(endpoint, form.sample)
            except RenderFailed as error:
                fault = str(error)
        return self._shown(
            request,
            "admin/webhooks/test.html",
            title=_("Send test"),
            endpoint=endpoint,
            form=form,
            shown=shown,
            body=readable(shown.body) if shown else "",
            fault=fault,
            back=page_of(pk),
        )

    def filter_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Tries a filter on past events; nothing is stored before somebody says so."""
        endpoint = self._writable(request, pk)
        form = FilterForm(request.POST or None, initial={"filter": endpoint.filter})
        tried = None
        if request.method == "POST" and form.is_valid():
            wanted = form.cleaned_data["filter"]
            if "save" in request.POST:
                before = audit.snapshot(endpoint)
                endpoint.filter = wanted
                endpoint.save(update_fields=["filter"])
                old, new = audit.changed(before, audit.snapshot(endpoint))
                audit.record("endpoint.updated", endpoint, before=old, after=new)
                messages.success(request, translated("The filter is saved."))
                return back(pk)
            tried = try_filter(wanted, endpoint.events, form.cleaned_data["type"])
        elif request.method == "GET":
            tried = try_filter(endpoint.filter, endpoint.events)
        return self._shown(
            request,
            "admin/webhooks/filter.html",
            title=_("Try the filter"),
            endpoint=endpoint,
            form=form,
            tried=tried,
            matched=sum(one.matches for one in tried or ()),
            back=page_of(pk),
        )
