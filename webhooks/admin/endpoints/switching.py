"""Off and on again."""

import uuid
from typing import ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.admin.confirming import ask
from webhooks.admin.endpoints.part import Part, back, page_of, sub
from webhooks.selectors import parked_count


class Switching(Part):
    views: ClassVar[tuple[str, ...]] = ("disable", "enable")

    def disable_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        if request.method == "POST":
            disable_endpoint(endpoint)
            messages.success(request, translated("The endpoint is disabled."))
            return back(pk)
        return ask(
            self,
            request,
            title=_("Disable"),
            text=_("“%(name)s” gets nothing more. Events are parked meanwhile and can be sent later.")
            % {"name": endpoint.name},
            button=_("Disable"),
            back=page_of(pk),
        )

    def enable_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        if request.method == "POST":
            enable_endpoint(endpoint)
            messages.success(request, translated("The endpoint is enabled."))
            return HttpResponseRedirect(sub(pk, "parked")) if parked_count(endpoint) else back(pk)
        return ask(
            self,
            request,
            title=_("Enable"),
            text=_("“%(name)s” gets events again.") % {"name": endpoint.name},
            button=_("Enable"),
            back=page_of(pk),
        )
