"""Decides whether a file may be handed out now, audits it, and sends it."""

import logging

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from exports.download import send_file
from exports.models import Export, State
from tenants import audit
from tenants.api.problems import Conflict

logger = logging.getLogger(__name__)


class Gone(exceptions.APIException):
    status_code = 410
    default_detail = _("This file has expired. Ask for a new export.")
    default_code = "gone"


def serve(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The file; Gone when it has expired, Conflict when there is none (yet). The caller has checked who asks."""
    is_overdue = export.expires_at is not None and export.expires_at <= timezone.now()
    if export.state == State.EXPIRED or (export.state == State.DONE and is_overdue):
        raise Gone
    if export.state != State.DONE:
        raise Conflict(
            _("There is no file: the export is “%(state)s”.") % {"state": export.get_state_display()}
        )
    try:
        response = send_file(request, export)
    except FileNotFoundError as error:
        logger.error("export %s: its file is missing from EXPORT_DIR", export.pk)
        raise Gone from error
    # A download manager asks for many ranges; the one that begins the file is the download.
    if request.method == "GET" and request.headers.get("Range", "bytes=0-").startswith("bytes=0-"):
        audit.record("export.downloaded", export, tenant=export.tenant_id)
    return response
