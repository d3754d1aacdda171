"""Whose number is which in which connected system, from a file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from exports.imports.importer import Found, Given, Importer, Values, Write, register_importer
from integrations.actions.assign_extension import LONGEST_ID
from integrations.actions.assign_extensions import assign_extensions
from integrations.models import ExtensionAssignment, Integration
from tenants.models import Extension

_NAMES: Final = UUID("0199f0a1-7c1e-7d52-9a55-2f1f7a3f3b62")


@register_importer
class MappingImporter(Importer):
    """Found by the integration's name and the user's id there; an empty extension takes the number away.

    Assignments are history: a user keeps the place, not the row.
    """

    dataset = "extension_mappings"
    columns = ("integration", "outside_user_id", "extension")
    needed = ("integration", "outside_user_id", "extension")
    hint = _lazy("A row without an extension takes the user's number away.")
    scopes = ("integrations:read", "integrations:write")

    def find(self, rows: Sequence[Given]) -> list[Found]:
        names = dict(Integration.objects.filter(tenant=self.tenant).values_list("name", "pk"))
        numbers = {str(one.values.get("extension") or "") for one in rows}
        known = set(Extension.objects.filter(number__in=numbers).values_list("number", flat=True))
        users = self._in_force()
        owners = {
            (values["integration"], values["extension"]): values["outside_user_id"]
            for values in users.values()
        }
        given = Counter((one.values.get("integration"), one.values.get("extension")) for one in rows)
        return [self._found(one, names, known, users, owners, given) for one in rows]

    def _found(
        self, row: Given, names: Any, known: set[str], users: Any, owners: Any, given: Counter[Any]
    ) -> Found:
        values = {name: str(row.values.get(name) or "").strip() for name in self.columns}
        problems = {name: _("It is empty.") for name in self.columns[:2] if not values[name]}
        integration, user, number = (values[name] for name in self.columns)
        owner = owners.get((integration, number), user)
        if integration and integration not in names:
            problems["integration"] = _("There is no integration of this name.")
        if number and number not in known:
            problems["extension"] = _("There is no extension %(number)s.") % {"number": number}
        elif number and owner != user:
            text = _("It belongs to the user %(user)s there: take it away first.")
            problems["extension"] = text % {"user": owner}
        elif number and given[integration, number] > 1:
            problems["extension"] = _("The file gives it to two users.")
        if problems:
            return Found(problems=problems)
        id_ = _id_of(names[integration], user)
        return Found(str(id_), id_, users.get(id_), removes=not number)

    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        if len(str(values.get("outside_user_id") or "")) > LONGEST_ID:
            raise ValidationError(
                {"outside_user_id": _("This must be the user's id, at most 100 characters.")}
            )
        return {name: str(value or "").strip() for name, value in values.items()}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        rows = Integration.objects.select_for_update(no_key=True).filter(tenant=self.tenant).order_by("pk")
        list(rows.values_list("pk"))
        wanted = set(ids)
        return {id_: values for id_, values in self._in_force().items() if id_ in wanted}

    def create(self, rows: Sequence[Write]) -> None:
        self._assign([one.values for one in rows])

    def change(self, rows: Sequence[Write]) -> None:
        users = self._in_force()
        self._assign([{**users[one.id], **one.values} for one in rows])

    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        users = self._in_force()
        self._assign([{**users[one], "extension": ""} for one in ids if one in users])
        return {}

    def title(self, values: Values, current: Values | None) -> str:
        return f"{values.get('integration') or ''}: {values.get('outside_user_id') or '—'}"

    def _assign(self, several: Sequence[Values]) -> None:
        names = dict(Integration.objects.filter(tenant=self.tenant).values_list("name", "pk"))
        wanted: dict[UUID, dict[str, str]] = {}
        for values in several:
            wanted.setdefault(names[values["integration"]], {})[values["outside_user_id"]] = values[
                "extension"
            ]
        assign_extensions(self.tenant.pk, wanted)

    def _in_force(self) -> dict[UUID, Values]:
        rows = ExtensionAssignment.objects.filter(tenant=self.tenant, valid_to__isnull=True)
        found = rows.values_list("integration_id", "integration__name", "outside_user_id", "extension")
        return {
            _id_of(integration_id, user): dict(zip(self.columns, (name, user, number), strict=True))
            for integration_id, name, user, number in found
        }


def _id_of(integration_id: UUID, user: str) -> UUID:
    return uuid5(_NAMES, f"{integration_id}:{user}")
