"""/api/v1/extensions: internal numbers, whose they are, and on which mobiles they are reached."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from tenants.actions.save_mobiles import LONGEST, MOST, check_free, checked_mobiles, mobiles_of, save_mobiles
from tenants.api.base import TenantViewSet
from tenants.models import Extension


class MobilesField(serializers.ListField):
    child = serializers.CharField(max_length=LONGEST)

    def get_attribute(self, instance: Extension) -> list[str]:
        return mobiles_of(instance)


class ExtensionSerializer(serializers.ModelSerializer[Extension]):
    mobiles = MobilesField(
        required=False,
        max_length=MOST,
        help_text="Telephones outside of this colleague; in E.164 in answers, in any usual form in requests.",
    )

    class Meta:
        model = Extension
        fields: ClassVar[Any] = ("id", "number", "name", "mobiles", "created_at")

    def validate_mobiles(self, texts: list[str]) -> list[str]:
        tenant = self.context["view"].tenant
        try:
            numbers = checked_mobiles(texts, tenant.phone_region)
            check_free({self.instance or Extension(tenant=tenant): numbers})
        except ValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error
        return numbers

    def create(self, validated_data: Any) -> Extension:
        return self._saved(super().create, validated_data)

    def update(self, instance: Extension, validated_data: Any) -> Extension:
        return self._saved(
            lambda values: super(ExtensionSerializer, self).update(instance, values), validated_data
        )

    @staticmethod
    def _saved(save: Any, values: Mapping[str, Any]) -> Extension:
        own = {name: value for name, value in values.items() if name != "mobiles"}
        row: Extension = save(own)
        if "mobiles" in values:
            save_mobiles(row, values["mobiles"])
        return row


class ExtensionViewSet(TenantViewSet):
    """Internal numbers, in the order in which they were entered, the newest first."""

    resource = "extensions"
    model = Extension
    serializer_class = ExtensionSerializer

    def scoped_queryset(self) -> QuerySet[Extension]:
        return Extension.objects.prefetch_related("mobiles")
