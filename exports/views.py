"""The literal download path: by a signed link, or with the same credentials as the API."""

import uuid
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from exports.api.exports import ExportViewSet
from exports.links import is_signed_for, reader_of
from exports.mails.writing import may_follow
from exports.models import Export
from exports.serve import serve
from tenants.scoping import all_tenants

STALE = _("This link has expired or is not valid. Open the export to get a fresh one.")
CREDENTIALS = ("Authorization", "X-API-Key")


class SignedDownload(APIView):
    """Whoever holds a fresh link may have that one file."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def get(self, request: Request, export_id: uuid.UUID) -> HttpResponseBase:
        token = request.query_params.get("token", "")
        reader = reader_of(token, export_id)
        if reader is None and not is_signed_for(token, export_id):
            raise PermissionDenied(STALE)
        with all_tenants():
            export = Export.objects.filter(pk=export_id).first()
            if export is None:
                raise Http404
            if reader is not None and not may_follow(export, reader):
                raise PermissionDenied(STALE)
            return serve(request._request, export)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)


_signed: Any = SignedDownload.as_view()
_with_credentials: Any = ExportViewSet.as_view({"get": "download"})


@require_safe
def download(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """People without a session are asked to sign in; everything else is the API's answer."""
    if "token" in request.GET:
        response: HttpResponseBase = _signed(request, export_id=export_id)
    elif request.user.is_authenticated or any(name in request.headers for name in CREDENTIALS):
        response = _with_credentials(request, pk=str(export_id))
    else:
        response = redirect_to_login(request.get_full_path())
    return response
