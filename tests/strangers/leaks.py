"""The installation with holes in it: for the tests of isolation to find, and for nobody else."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from config.urls import urlpatterns as installation
from tenants.api.base import ReadOnlyTenantViewSet, Router
from tenants.scoping import all_tenants
from webhooks.api.endpoint_serializers import EndpointSerializer
from webhooks.models import Endpoint


class ForgetfulViewSet(ReadOnlyTenantViewSet):
    """Asks who comes, and then looks at everybody's rows."""

    resource = "endpoints"
    model = Endpoint
    serializer_class = EndpointSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with all_tenants():
            return Response({"names": [row.name for row in Endpoint.objects.all()]})

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with all_tenants():
            found = Endpoint.objects.filter(pk=kwargs["pk"]).first()
        return Response({"name": found.name} if found else {}, status=200 if found else 404)


class TellingViewSet(ReadOnlyTenantViewSet):
    """Shows nothing, but says of a row of others that it is there."""

    resource = "endpoints"
    model = Endpoint
    serializer_class = EndpointSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with all_tenants():
            is_there = Endpoint.objects.filter(pk=kwargs["pk"]).exists()
        return Response({}, status=403 if is_there else 404)


def open_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """A page of the admin that somebody forgot to wrap."""
    with all_tenants():
        found = Endpoint.objects.filter(pk=pk).first()
    return HttpResponse(found.name if found else "", status=200 if found else 404)


def meddling_page(request: HttpRequest) -> HttpResponse:
    """A page without an id that changes whatever it is told to."""
    with all_tenants():
        Endpoint.objects.filter(pk=request.POST.get("endpoint")).update(description="changed")
    return HttpResponse("")


router = Router(trailing_slash=False)
router.register("forgetful-endpoints", ForgetfulViewSet, "forgetful")
router.register("telling-endpoints", TellingViewSet, "telling")

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("admin/webhooks/endpoint/<uuid:pk>/open/", open_page, name="open-page"),
    path("admin/webhooks/endpoint/meddling/", meddling_page, name="meddling-page"),
    *installation,
]
