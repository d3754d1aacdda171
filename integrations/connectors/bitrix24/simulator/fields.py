"""The fields of the four kinds of objects: what is known, what may be written, and how values are read."""

from collections.abc import Mapping
from typing import Any

from integrations.connectors.bitrix24.simulator.errors import Refused, whole
from integrations.connectors.bitrix24.simulator.state import COMPANY, CONTACT, DEAL, LEAD

# Name: type, title.
_COMMON = {
    "id": ("integer", "ID"),
    "createdTime": ("datetime", "Создан"),
    "updatedTime": ("datetime", "Изменён"),
    "assignedById": ("user", "Ответственный"),
    "opened": ("boolean", "Доступен для всех"),
    "comments": ("text", "Комментарий"),
    "sourceId": ("crm_status", "Источник"),
    "originatorId": ("string", "Внешний источник"),
    "originId": ("string", "Идентификатор во внешнем источнике"),
}
_PERSON = {
    "name": ("string", "Имя"),
    "secondName": ("string", "Отчество"),
    "lastName": ("string", "Фамилия"),
    "post": ("string", "Должность"),
}
_FM = {"fm": ("crm_multifield", "Средства связи")}
_SALE = {
    "title": ("string", "Название"),
    "stageId": ("crm_status", "Стадия"),
    "stageSemanticId": ("string", "Группа стадии"),
    "opportunity": ("double", "Сумма"),
    "currencyId": ("crm_currency", "Валюта"),
    "isManualOpportunity": ("boolean", "Сумма вручную"),
    "contactId": ("crm_contact", "Контакт"),
    "contactIds": ("crm_contact", "Контакты"),
    "companyId": ("crm_company", "Компания"),
}
_TYPES: Mapping[int, Mapping[str, tuple[str, str]]] = {
    LEAD: _COMMON | _PERSON | _FM | _SALE | {"dateClosed": ("datetime", "Закрыт"), "ufCrm_1700000001": ("enumeration", "Откуда узнали")},
    DEAL: _COMMON
    | _SALE
    | {
        "categoryId": ("crm_category", "Воронка"),
        "closed": ("boolean", "Закрыта"),
        "closedate": ("date", "Дата завершения"),
        "ufCrm_1700000002": ("string", "Номер договора"),
    },
    CONTACT: _COMMON
    | _PERSON
    | _FM
    | {
        "companyId": ("crm_company", "Компания"),
        "companyIds": ("crm_company", "Компании"),
        "address": ("text", "Адрес"),
        "ufCrm_1700000003": ("string", "Клуб"),
    },
    COMPANY: _COMMON | _FM | {"title": ("string", "Название"), "ufCrm_1700000004": ("string", "УНП")},
}  # fmt: skip
FIELDS = {kind: frozenset(fields) for kind, fields in _TYPES.items()}
NOT_WRITTEN = frozenset({"createdTime", "updatedTime", "stageSemanticId", "closed", "dateClosed", "address"})
_STAGES = {LEAD: "STATUS", DEAL: "DEAL_STAGE"}
_LISTS = frozenset({"contactIds", "companyIds"})
_ITEMS = [{"ID": "44", "VALUE": "От друзей"}, {"ID": "45", "VALUE": "Из рекламы"}]


def clean(kind: int, name: str, value: Any) -> Any:
    """The value as it is stored; texts of numbers are numbers, as forms and batches send them."""
    type_ = _TYPES[kind][name][0]
    if name in _LISTS:
        return [
            whole(one, name)
            for one in (value if isinstance(value, list) else [value])
            if one not in ("", None)
        ]
    if value in ("", None):
        return None
    if type_ in ("integer", "user", "crm_contact", "crm_company", "crm_category"):
        return whole(value, name)
    if type_ == "double":
        try:
            return float(value)
        except (ValueError, TypeError) as error:
            raise Refused("INVALID_ARG_VALUE", f"{name} should be a number") from error
    if type_ == "boolean":
        return "Y" if value in (True, "true", "y", "Y", "1") else "N"
    return str(value)


def described(kind: int) -> dict[str, Any]:
    """As `crm.item.fields` shows them."""
    return {name: _row(kind, name, type_, title) for name, (type_, title) in _TYPES[kind].items()}


def _row(kind: int, name: str, type_: str, title: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "type": type_,
        "isRequired": False,
        "isReadOnly": name in NOT_WRITTEN or name == "id",
        "isImmutable": False,
        "isMultiple": name in _LISTS or name == "fm",
        "isDynamic": name.startswith("ufCrm"),
        "title": title,
        "upperName": name.upper(),
    }
    if type_ == "crm_status":
        row["statusType"] = _STAGES.get(kind, "STATUS") if name == "stageId" else "SOURCE"
    if type_ == "enumeration":
        row["items"] = _ITEMS
    return row
