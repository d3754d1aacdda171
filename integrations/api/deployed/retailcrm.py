"""/retailcrm/api/…: one company's connection to RetailCRM, its numbers and whose they are."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.compare_directory import (
    compare_directory,
    open_differences,
    push_ours,
    record_comparison,
)
from integrations.actions.delete_integration import delete_integration
from integrations.actions.load_users import load_users
from integrations.actions.register_module import register_module
from integrations.actions.save_extensions import save_extensions
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.write_journals import write_journals
from integrations.api.deployed import serializers as shapes
from integrations.api.deployed.base import CONNECTOR, NumberView, checked, oldest_retailcrm
from integrations.connectors import get as get_connector
from integrations.models import Integration
from integrations.selectors import assignments_in_force, managers, numbers_with_owners

SETTINGS = ("url", "site", "timezone")


class ConfigView(NumberView):
    @extend_schema(responses=shapes.ConfigSerializer)
    def get(self, request: Request, enterprise: str) -> Response:
        """The company's connection to RetailCRM; `configured` is false when there is none."""
        return Response(shapes.ConfigSerializer(self._config(oldest_retailcrm(self.tenant))).data)

    @extend_schema(request=shapes.NewConfigSerializer, responses=shapes.ConfigSerializer)
    def put(self, request: Request, enterprise: str) -> Response:
        """Make it, or change what is given. A new address wants the key again."""
        values = checked(shapes.NewConfigSerializer(data=request.data))
        row = oldest_retailcrm(self.tenant)
        settings = {
            **(row.settings if row else {}),
            **{key: values[key] for key in SETTINGS if key in values},
        }
        credentials = {"api_key": values["api_key"]} if "api_key" in values else {}
        if row is None:
            name = values.get("name") or get_connector(CONNECTOR).manifest.name
            row = create_integration(
                self.tenant,
                CONNECTOR,
                name,
                settings=settings,
                credentials=credentials,
                is_enabled=values.get("enabled", True),
            )
        else:
            row = update_integration(
                row,
                name=values.get("name"),
                settings=settings,
                credentials=credentials,
                is_enabled=values.get("enabled"),
            )
        return Response(shapes.ConfigSerializer(self._config(row)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, enterprise: str) -> Response:
        """Remove it with all that hangs on it."""
        delete_integration(self.retailcrm())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _config(self, row: Integration | None) -> dict[str, Any]:
        settings: dict[str, Any] = row.settings if row else {}
        return {
            "enterprise_number": self.tenant.number,
            "configured": row is not None,
            "id": row.pk if row else None,
            "name": row.name if row else "",
            "enabled": row is not None and row.is_enabled,
            "has_api_key": row is not None and bool(row.credentials.get("api_key")),
            **{key: settings.get(key, "") for key in SETTINGS},
            "registered": row is not None and row.is_registered,
            "module_active": row.module_active if row else None,
            "health": row.health if row else "",
            "extensions": assignments_in_force(row) if row else {},
        }


class RegisterView(NumberView):
    @extend_schema(request=None, responses=shapes.RegisteredSerializer)
    def post(self, request: Request, enterprise: str) -> Response:
        """Register our module there, or update it, with everybody's extensions."""
        receipt = register_module(self.retailcrm())
        found = {
            "enterprise_number": enterprise,
            "registered": True,
            "unknown": [issue.value for issue in receipt.issues],
        }
        return Response(shapes.RegisteredSerializer(found).data)


class InternalPhonesView(NumberView):
    @extend_schema(responses=shapes.PhonesSerializer)
    def get(self, request: Request, enterprise: str) -> Response:
        """The company's internal numbers, whose they are in RetailCRM, and which are free."""
        row = oldest_retailcrm(self.tenant)
        found = {"enterprise_number": enterprise, "phones": numbers_with_owners(self.tenant.pk, row)}
        return Response(shapes.PhonesSerializer(found).data)


class UserExtensionsView(NumberView):
    @extend_schema(responses=shapes.UserExtensionsSerializer)
    def get(self, request: Request, enterprise: str) -> Response:
        """RetailCRM's users as last loaded, with their extensions."""
        return Response(users_of(enterprise, oldest_retailcrm(self.tenant)))


class SaveExtensionsView(NumberView):
    @extend_schema(request=shapes.SavedExtensionsSerializer, responses=shapes.UserExtensionsSerializer)
    def post(self, request: Request, enterprise: str) -> Response:
        """Give users their extensions, all or none; RetailCRM is told afterwards. Whoever had one of them loses it."""
        row = self.retailcrm()
        values = checked(shapes.SavedExtensionsSerializer(data=request.data))
        save_extensions(row, values["extensions"])
        return Response(users_of(enterprise, row))


class SyncExtensionsView(NumberView):
    @extend_schema(request=None, responses=shapes.SyncedExtensionsSerializer)
    def post(self, request: Request, enterprise: str) -> Response:
        """Load the users, and make RetailCRM's extensions like ours; the answer tells what stood otherwise there."""
        row = self.retailcrm()
        count = load_users(row)
        found = compare_directory(row.pk)
        if found is not None:
            write_journals([found.journal])
            record_comparison(found)
        differences = open_differences(row)
        push_ours(row)
        answer = {"enterprise_number": enterprise, "users": count, "differences": differences}
        return Response(shapes.SyncedExtensionsSerializer(answer).data)


def users_of(enterprise: str, row: Integration | None) -> Any:
    found = {"enterprise_number": enterprise, "users": managers(row) if row else []}
    return shapes.UserExtensionsSerializer(found).data
