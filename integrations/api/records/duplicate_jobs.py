"""/api/v1/duplicate-jobs: searches for duplicates and mergings of many, and how far they are."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.seek_duplicates import cancel_job
from integrations.api.records.duplicates import DuplicateJobSerializer
from integrations.models import DuplicateJob
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict


class DuplicateJobViewSet(ReadOnlyTenantViewSet):
    """Newest first."""

    resource = "contacts"
    model = DuplicateJob
    serializer_class: Any = DuplicateJobSerializer
    read_roles = write_roles = MANAGERS

    @extend_schema(request=None, responses=DuplicateJobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; 409 when it has ended already. What it committed stays."""
        job = self.get_object()
        if not cancel_job(job):
            raise Conflict(_("It has ended already."))
        return Response(DuplicateJobSerializer(job).data)
