"""What the parts of the endpoint's page share: finding the endpoint of an address, and where to go afterwards."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants.admin.base import TenantAdmin
from webhooks.models import Endpoint

View = Callable[..., HttpResponse]
# What the parts below are mixed into, for the type checker.
Page: Any = TenantAdmin if TYPE_CHECKING else object


class Part(Page):
    """`views` names the methods behind the further addresses of an endpoint, by the last part of each."""

    views: ClassVar[tuple[str, ...]] = ()

    def _writable(self, request: HttpRequest, pk: uuid.UUID) -> Endpoint:
        endpoint = Endpoint.objects.filter(pk=pk).first()
        if endpoint is None or not self.has_change_permission(request, endpoint):
            raise Http404
        return endpoint

    def _shown(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        common = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**common, **context})


def page_of(pk: uuid.UUID) -> str:
    return reverse("admin:webhooks_endpoint_change", args=[pk])


def sub(pk: uuid.UUID, name: str) -> str:
    return reverse(f"admin:webhooks_endpoint_{name}", args=[pk])


def back(pk: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(page_of(pk))
