"""/api/v1/inbound-replays"""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from webhooks.actions.replay_range import cancel_replay
from webhooks.api.source_serializers import ReplayRunSerializer
from webhooks.models import InboundReplay


class InboundReplayViewSet(ReadOnlyTenantViewSet):
    """Ranges of inbound requests that are processed again in the background, newest first."""

    resource = "inbound"
    model = InboundReplay
    serializer_class = ReplayRunSerializer
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[InboundReplay]:
        return InboundReplay.objects.order_by("-id")

    @extend_schema(request=None, responses=ReplayRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; what it has queued is processed. 409 when it has ended already."""
        run = self.get_object()
        if not cancel_replay(run):
            raise Conflict(_("It had ended already."))
        run.refresh_from_db()
        return Response(self.get_serializer(run).data)
