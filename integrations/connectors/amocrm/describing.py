"""Pure functions: the account's fields, by the names that `raw` and `extra` use."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import FieldDescription, ValueType
from integrations.connectors.amocrm.entities import Stage
from integrations.records import RecordKind

_TYPES: Final = {
    "text": ValueType.TEXT,
    "textarea": ValueType.TEXT,
    "url": ValueType.TEXT,
    "streetaddress": ValueType.TEXT,
    "numeric": ValueType.NUMBER,
    "monetary": ValueType.MONEY,
    "price": ValueType.MONEY,
    "checkbox": ValueType.BOOLEAN,
    "date": ValueType.DATE,
    "birthday": ValueType.DATE,
    "date_time": ValueType.TIME,
    "select": ValueType.CHOICE,
    "radiobutton": ValueType.CHOICE,
    "multiselect": ValueType.LIST,
    "multitext": ValueType.LIST,
}
_READ_ONLY: Final = frozenset({"tracking_data", "file", "linked_entity", "chained_list", "items"})
Plain = tuple[str, Promise, ValueType, bool]
"""Name, title, type, and whether it can only be read."""

_EVERY: Final[tuple[Plain, ...]] = (
    ("id", _("ID"), ValueType.NUMBER, True),
    ("name", _("Name"), ValueType.TEXT, False),
    ("responsible_user_id", _("Responsible user"), ValueType.NUMBER, False),
    ("created_at", _("Created"), ValueType.TIME, True),
    ("updated_at", _("Changed"), ValueType.TIME, True),
    ("created_by", _("Created by"), ValueType.NUMBER, True),
    ("tags", _("Tags"), ValueType.LIST, True),
)
_ONLY: Final[Mapping[RecordKind, tuple[Plain, ...]]] = {
    RecordKind.CONTACT: (
        ("first_name", _("First name"), ValueType.TEXT, False),
        ("last_name", _("Last name"), ValueType.TEXT, False),
        ("companies", _("Companies"), ValueType.LIST, True),
    ),
    RecordKind.COMPANY: (),
    RecordKind.DEAL: (
        ("price", _("Amount"), ValueType.MONEY, False),
        ("loss_reason_id", _("Reason of loss"), ValueType.NUMBER, False),
        ("closed_at", _("Closed"), ValueType.TIME, False),
        ("contacts", _("Contacts"), ValueType.LIST, True),
        ("companies", _("Companies"), ValueType.LIST, True),
    ),
}


def fields(
    kind: RecordKind, custom: Iterable[Mapping[str, Any]], stages: Mapping[str, Stage]
) -> tuple[FieldDescription, ...]:
    """What every account has, then its own."""
    found = [
        FieldDescription(name=name, title=str(title), type=of_type, is_read_only=is_read_only)
        for name, title, of_type, is_read_only in (*_EVERY, *_ONLY[kind])
    ]
    if kind is RecordKind.DEAL:
        found += _stages(stages)
    return (*found, *(_custom(row) for row in custom if isinstance(row.get("id"), int)))


def _stages(stages: Mapping[str, Stage]) -> list[FieldDescription]:
    titles = {key.partition(":")[2]: f"{stage.pipeline}: {stage.title}" for key, stage in stages.items()}
    pipelines = {key.partition(":")[0]: stage.pipeline for key, stage in stages.items()}
    return [
        FieldDescription(
            name="status_id", title=str(_("Stage")), type=ValueType.CHOICE, choices=tuple(titles.items())
        ),
        FieldDescription(
            name="pipeline_id",
            title=str(_("Pipeline")),
            type=ValueType.CHOICE,
            choices=tuple(pipelines.items()),
        ),
    ]


def _custom(row: Mapping[str, Any]) -> FieldDescription:
    kind = str(row.get("type") or "")
    enums = row.get("enums")
    texts = [
        str(one["value"])
        for one in (enums if isinstance(enums, list) else [])
        if isinstance(one, Mapping) and one.get("value") is not None
    ]
    return FieldDescription(
        name=f"cf.{row['id']}",
        title=str(row.get("name") or row["id"]),
        type=_TYPES.get(kind, ValueType.OBJECT),
        # The kinds of a telephone number are no values of it.
        choices=() if kind == "multitext" else tuple((text, text) for text in texts),
        is_read_only=bool(row.get("is_api_only")) or kind in _READ_ONLY,
        is_custom=True,
    )
