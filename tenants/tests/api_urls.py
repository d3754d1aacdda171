"""A small API for tests of its machinery: extensions with a nested and a sealed answer."""

from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response

from config.urls import urlpatterns as installation
from tenants.api.base import RepeatablePost, Router, TenantViewSet
from tenants.errors import ConfigError, RateLimited, TransientError
from tenants.models import Extension, Member

router = Router(trailing_slash=False)
ERRORS = {
    "config": lambda: ConfigError("Enter the address."),
    "transient": lambda: TransientError("Try later."),
    "limited": lambda: RateLimited("Slow down.", retry_after=7),
    "defect": lambda: ZeroDivisionError("a defect"),
}


class ExtensionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Extension
        fields = ("id", "number", "name", "created_at")


class MemberSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ("id", "role", "extension")


class ExtensionViewSet(TenantViewSet):
    resource = "extensions"
    model = Extension
    serializer_class = ExtensionSerializer

    def scoped_queryset(self):
        name = self.request.query_params.get("name")
        return super().scoped_queryset().filter(**({"name": name} if name else {}))


class MemberViewSet(TenantViewSet):
    resource = "members"
    model = Member
    serializer_class = MemberSerializer


class Line(serializers.Serializer):
    price = serializers.IntegerField()


class Order(serializers.Serializer):
    lines = Line(many=True)
    address = serializers.DictField(child=serializers.IntegerField())


class OrderView(RepeatablePost):
    """Checks an order and answers with a secret that is shown once."""

    resource = "orders"
    made = 0

    def post(self, request):
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        type(self).made += 1
        return Response(
            {"secret": f"whsec_{self.made}", "price": 2**60}, status=201, headers={"Location": "/orders/1"}
        )


class ErrorView(RepeatablePost):
    """Fails after having written a row."""

    resource = "errors"

    def post(self, request):
        Extension.objects.create(number="999")
        raise ERRORS[request.data["error"]]()


router.register("test-extensions", ExtensionViewSet, basename="test-extension")
router.register("test-members", MemberViewSet, basename="test-member")
urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/v1/test-orders", OrderView.as_view()),
    path("api/v1/test-errors", ErrorView.as_view()),
    *installation,
]
