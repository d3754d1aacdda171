"""`POST /webhooks/export` and `GET /webhooks/export/{id}`: the same exports with a flat body."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exports.actions import request_export
from exports.api.exports import ExportViewSet
from exports.api.serializers import ExportSerializer, LiteralExportSerializer
from exports.formats import FORMATS
from exports.incremental import moment_of
from exports.limits import LimitReached
from exports.registry import UnknownDataset, get_dataset
from exports.request import ExportRequest, InvalidRequest

# The body's names of filters whose datasets call them so.
SAME_NAME = ("status", "type", "ids", "search")
DATES = {"date_from": "from", "date_to": "to"}


class LiteralExportViewSet(ExportViewSet):
    @extend_schema(
        operation_id="webhooks_export_create",
        request=LiteralExportSerializer,
        responses={201: ExportSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a file with a flat body. Otherwise as `POST /api/v1/exports`."""
        form = LiteralExportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        self.check_reach(given["dataset"])
        return self._created(
            request,
            lambda who: _named_here(
                lambda: request_export(self.tenant, _translated(given), language=given.get("language"), **who)
            ),
        )

    @extend_schema(operation_id="webhooks_export_retrieve", responses=ExportSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far it is, and where the file is."""
        return super().retrieve(request, *args, **kwargs)


def _translated(given: Mapping[str, Any]) -> ExportRequest:
    try:
        dataset = get_dataset(given["dataset"])
    except UnknownDataset:
        return ExportRequest(
            given["dataset"], given["format"]
        )  # whose check says so, and names those that there are
    filters = {name: given[name] for name in SAME_NAME if name in given}
    dates = {side: given[name] for name, side in DATES.items() if name in given}
    if dates:
        moment = moment_of(dataset)
        if moment is None:
            problem = [_("This data has no time.")]
            raise ValidationError({name: problem for name in DATES if name in given})
        filters[moment] = dates
    return ExportRequest(
        given["dataset"],
        given["format"],
        tuple(dataset.columns) if given["include_content"] else (),
        filters,
        _options(given),
    )


def _options(given: Mapping[str, Any]) -> dict[str, str]:
    chosen = FORMATS.get(given["format"])
    is_packed = chosen is not None and chosen.is_packed
    found = {
        "compress": "zip" if given["compress"] and not is_packed else "",
        "password": given.get("password", ""),
        "metadata": "yes" if given["include_metadata"] and chosen is FORMATS["xlsx"] else "",
        "incremental": "yes" if given["incremental"] else "",
        "max_records": str(given.get("max_records", "")),
    }
    return {name: value for name, value in found.items() if value}


def _named_here(ask: Any) -> Any:
    """What is wrong, by the names of this body."""
    try:
        return ask()
    except LimitReached:
        raise
    except InvalidRequest as error:
        name = error.field.removeprefix("filters.").removeprefix("options.")
        is_date = error.field.startswith("filters.") and name not in SAME_NAME
        raise InvalidRequest("date_from" if is_date else name, error.message) from error
