"""What people change in the portal's lists while somebody reads them."""

from collections.abc import Callable

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.crm import Crm
from integrations.connectors.bitrix24.simulator.php import nested
from integrations.connectors.bitrix24.simulator.state import CONTACT, NAMES, Portal
from tenants.simulation import Kind, Request, is_whole

_PERSON = Caller(1, is_app=False, scope=("crm",))


def stirs(portal: Portal, crm: Crm) -> dict[Kind, Callable[[Request], object]]:
    """By the kind of objects that a request is about."""

    def insert(request: Request) -> None:
        crm.create(_kind(request), {"name": "Anna", "title": "Anna"})

    def remove(request: Request) -> None:
        for number in _first(portal, request):
            crm.delete({"entityTypeId": _kind(request), "id": number}, _PERSON)

    def move(request: Request) -> None:
        for number in _first(portal, request):
            changed = {"assignedById": portal.items[_kind(request)][number]["assignedById"] % 8 + 1}
            crm.update({"entityTypeId": _kind(request), "id": number, "fields": changed}, _PERSON)

    return {Kind.INSERTED: insert, Kind.REMOVED: remove, Kind.MOVED: move}


def _kind(request: Request) -> int:
    try:
        body = request.json() if request.content_type == "application/json" else nested(request.form_pairs)
    except ValueError:
        body = {}
    told = str(
        (nested(request.query_pairs) | (body if isinstance(body, dict) else {})).get("entityTypeId", "")
    )
    return int(told) if is_whole(told) and int(told) in NAMES else CONTACT


def _first(portal: Portal, request: Request) -> list[int]:
    with portal.lock:
        return list(portal.items[_kind(request)])[:1]
