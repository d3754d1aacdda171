"""Pure functions from `crm.item.fields` and `crm.status.list` to what mappings are made of."""

from collections.abc import Mapping, Sequence

from integrations.capabilities import FieldDescription, ValueType

# Named by the list, but neither read nor written by it.
_UNUSABLE = frozenset({"contacts", "companies"})
_TYPES = {
    "integer": ValueType.NUMBER,
    "double": ValueType.NUMBER,
    "money": ValueType.MONEY,
    "boolean": ValueType.BOOLEAN,
    "date": ValueType.DATE,
    "datetime": ValueType.TIME,
    "crm_status": ValueType.CHOICE,
    "enumeration": ValueType.CHOICE,
    "crm_multifield": ValueType.OBJECT,
    "file": ValueType.OBJECT,
    "location": ValueType.OBJECT,
}


def described(
    fields: Mapping[str, object], statuses: Sequence[Mapping[str, object]], *, has_stages: bool
) -> tuple[FieldDescription, ...]:
    """All fields, each once; those of another form than an object are left out."""
    dictionaries: dict[str, list[tuple[str, str]]] = {}
    for row in statuses:
        pair = str(row.get("STATUS_ID") or ""), str(row.get("NAME") or "")
        dictionaries.setdefault(str(row.get("ENTITY_ID") or ""), []).append(pair)
    stages = _stages(dictionaries)
    return tuple(
        _field(name, row, stages if has_stages and name == "stageId" else None, dictionaries)
        for name, row in fields.items()
        if isinstance(row, Mapping) and name not in _UNUSABLE
    )


def _stages(dictionaries: Mapping[str, Sequence[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Those of leads and of all pipelines. A code that both leads and deals have comes with both names."""
    titles: dict[str, list[str]] = {}
    for name, pairs in dictionaries.items():
        if name == "STATUS" or name.startswith("DEAL_STAGE"):
            for code, title in pairs:
                titles.setdefault(code, []).append(title)
    return [(code, " / ".join(dict.fromkeys(found))) for code, found in titles.items()]


def _field(
    name: str,
    row: Mapping[str, object],
    stages: Sequence[tuple[str, str]] | None,
    dictionaries: Mapping[str, Sequence[tuple[str, str]]],
) -> FieldDescription:
    type_ = str(row.get("type") or "")
    choices = _items(row.get("items")) if stages is None else tuple(stages)
    if not choices and type_ == "crm_status":
        choices = tuple(dictionaries.get(str(row.get("statusType") or ""), ()))
    is_list = row.get("isMultiple") is True and type_ != "crm_multifield"
    return FieldDescription(
        name=name,
        title=str(row.get("title") or name),
        type=ValueType.LIST if is_list else _TYPES.get(type_, ValueType.TEXT),
        choices=choices,
        is_required=row.get("isRequired") is True,
        is_read_only=row.get("isReadOnly") is True,
        is_custom=row.get("isDynamic") is True,
    )


def _items(rows: object) -> tuple[tuple[str, str], ...]:
    """The choices of an own field."""
    found = rows if isinstance(rows, list) else []
    return tuple(
        (str(row.get("ID") or ""), str(row.get("VALUE") or "")) for row in found if isinstance(row, Mapping)
    )
