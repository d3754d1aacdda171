"""The signing secret: made anew, and shown once."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from tenants.errors import ConfigError
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.admin.confirming import ask
from webhooks.admin.endpoints.part import Part, back, page_of
from webhooks.admin.forms import RotationForm
from webhooks.models import Endpoint
from webhooks.schemes import public_key_of, secret_to_show


class Secrets(Part):
    views: ClassVar[tuple[str, ...]] = ("rotate",)

    def rotate_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                secret = rotate_secret(endpoint, overlap=timedelta(hours=form.cleaned_data["overlap_hours"]))
            except ConfigError as error:
                messages.error(request, str(error))
                return back(pk)
            return self._show_secret(request, endpoint, secret, is_new=False)
        return ask(
            self,
            request,
            title=_("New secret"),
            text=_(
                "A new secret is made for “%(name)s”. Until the old one expires, requests carry both signatures."
            )
            % {"name": endpoint.name},
            button=_("Make a new secret"),
            back=page_of(pk),
            form=form,
        )

    def _show_secret(
        self, request: HttpRequest, endpoint: Endpoint, secret: str, *, is_new: bool
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/webhooks/secret.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Endpoint created") if is_new else _("New secret"),
                "endpoint": endpoint,
                "secret": secret_to_show(secret),
                "public_key": public_key_of(secret),
                "next": page_of(endpoint.pk),
            },
            headers={"Cache-Control": "no-store"},
        )
