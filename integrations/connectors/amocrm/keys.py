"""Our key in a field of what we created: so it is found again after a lost answer.

amoCRM knows no idempotency: `request_id` is only given back in the answer, and its filter by values of fields is a closed test
(amocrm.ru/developers/content/crm_platform/filters-api, 2026). What everybody has is the list in the order of ids, and the search
`query` over the filled fields. A search may trail behind what was created, so the newest objects are looked at besides.
"""

from collections.abc import Collection, Mapping
from typing import Any

from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.connectors.amocrm.entities import PLURALS
from integrations.connectors.amocrm.mapping import is_id
from integrations.records import RecordKind


def key_field(settings: Mapping[str, Any], kind: RecordKind) -> str:
    """The number of the field of that kind, empty where there is none."""
    return str(settings.get(f"{kind.value}_key_field") or "") if kind in PLURALS else ""


def stored(key: str) -> str:
    """One word, whatever their search takes for the border of words."""
    return key.replace("-", "")


def with_key(body: Row, field: str, key: str) -> Row:
    """The body of something new."""
    others = [one for one in body.get("custom_fields_values", ()) if str(one.get("field_id")) != field]
    own = {"field_id": int(field), "values": [{"value": stored(key)}]}
    return body | {"custom_fields_values": [*others, own]}


def made_before(api: AmoCrm, plural: str, field: str, keys: Collection[str]) -> dict[str, str]:
    """Key -> the id of what was created under it, for those of which there is anything."""
    wanted = {stored(key): key for key in keys}
    found = _among(api.newest(plural), field, wanted) if wanted else {}
    for text, key in wanted.items():
        if key not in found:
            found |= _among(api.holding(plural, text), field, {text: key})
    return found


def _among(rows: list[Row], field: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Of several with one key the first that was created counts."""
    there = sorted(
        (row["id"], wanted[value])
        for row in rows
        if is_id(str(row.get("id")))
        and row.get("is_deleted") is not True
        and (value := _value(row, field)) in wanted
    )
    return {key: str(number) for number, key in reversed(there)}


def _value(row: Row, field: str) -> str:
    fields = row.get("custom_fields_values")
    for one in fields if isinstance(fields, list) else ():
        values = one.get("values") if isinstance(one, Mapping) and str(one.get("field_id")) == field else None
        if isinstance(values, list) and values and isinstance(values[0], Mapping):
            return str(values[0].get("value") or "")
    return ""
