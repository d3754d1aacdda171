"""Records of every kind can be deleted here and restored; no outside system is touched."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.delete_record import delete_record, restore_record
from integrations.actions.edit_record import ChangedMeanwhile, NotChangeable
from integrations.api.records.reads import RecordViewSet
from integrations.models import StoredRecord
from integrations.store.reads import surroundings
from tenants.access import MANAGERS
from tenants.api.problems import Conflict


class Stale(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "changed_meanwhile"


class DeletableViewSet(RecordViewSet):
    """Read, deleted and restored."""

    write_roles = MANAGERS

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One record. Its `ETag` goes into `If-Match` of a change, which is refused when somebody else was faster."""
        return self.answer(self.get_object())

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it here. It stays readable with the time in `deleted_at`; no outside system is touched. Again is harmless.

        409 for a part of another record, and for a stock level or a payment that a connected system has.
        """
        try:
            delete_record(self.tenant.pk, self.model.kind, self.get_object().pk, version_of(request))
        except ChangedMeanwhile as error:
            raise Stale(str(error)) from error
        except NotChangeable as error:
            raise Conflict(str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Undo a deletion. Systems that are written to get it as it is now. Again is harmless."""
        try:
            row = restore_record(self.tenant.pk, self.model.kind, self.get_object().pk)
        except NotChangeable as error:
            raise Conflict(str(error)) from error
        return self.answer(row)

    def answer(self, row: StoredRecord, code: int = status.HTTP_200_OK) -> Response:
        shown = self.get_serializer_class()(row, context={"around": surroundings([row])}).data
        return Response(shown, status=code, headers={"ETag": etag_of(row)})


def etag_of(row: StoredRecord) -> str:
    return f'"{row.updated_at.isoformat()}"'


def version_of(request: Request) -> datetime | None:
    """The time of change that `If-Match` names; None where the client does not ask for it."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    try:
        return datetime.fromisoformat(given.strip('"'))
    except ValueError as error:
        raise ValidationError({"If-Match": _("Send the ETag that you were given.")}) from error
