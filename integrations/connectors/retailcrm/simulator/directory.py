"""The account's reading side: credentials, settings, sites and users."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from integrations.connectors.retailcrm.simulator.envelope import (
    EXTRA_FIELD,
    NOT_A_CHOICE,
    NOT_VALID,
    ApiError,
    not_found,
    paged,
    success,
)
from integrations.connectors.retailcrm.simulator.forms import filters, parameter
from integrations.connectors.retailcrm.simulator.state import Account, Customer, User
from tenants.simulation import Reply, Request, is_whole

USER_STATUSES = ("free", "busy", "dinner", "break")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
CREDENTIALS = (
    "/api/custom-fields",
    "/api/customers",
    "/api/customers/create",
    "/api/customers/history",
    "/api/customers/{externalId}/edit",
    "/api/customers-corporate",
    "/api/customers-corporate/create",
    "/api/customers-corporate/history",
    "/api/customers-corporate/{externalId}/edit",
    "/api/integration-modules/{code}",
    "/api/integration-modules/{code}/edit",
    "/api/orders",
    "/api/orders/create",
    "/api/orders/history",
    "/api/orders/{externalId}/edit",
    "/api/reference/sites",
    "/api/reference/statuses",
    "/api/settings",
    "/api/tasks",
    "/api/tasks/create",
    "/api/tasks/{id}/edit",
    "/api/telephony/call/event",
    "/api/telephony/calls/upload",
    "/api/telephony/manager",
    "/api/users",
    "/api/users/{id}",
    "/api/users/{id}/status",
)
SCOPES = (
    "customer_read",
    "customer_write",
    "integration_read",
    "integration_write",
    "order_read",
    "order_write",
    "reference_read",
    "telephony_read",
    "telephony_write",
    "user_read",
    "user_write",
)
Test = Callable[[User, list[str]], bool]


def _flag(of: Callable[[User], bool]) -> Test:
    """Booleans in filters are 0 and 1."""

    def test(user: User, values: list[str]) -> bool:
        if values[-1] not in ("0", "1"):
            raise ApiError("Validation error", {"filter": NOT_VALID})
        return of(user) is (values[-1] == "1")

    return test


USER_FILTERS: dict[str, Test] = {
    "email": lambda user, values: values[-1].lower() in user.email.lower(),
    "status": lambda user, values: user.status == values[-1],
    "online": _flag(lambda user: user.online),
    "active": _flag(lambda user: user.active),
    "isManager": _flag(lambda user: user.is_manager),
    "isPosManager": _flag(lambda user: False),
    "isAdmin": _flag(lambda user: user.is_admin),
    "groups": lambda user, values: bool(set(values) & set(user.groups)),
    "createdAtFrom": lambda user, values: user.created_at >= values[-1],
    "createdAtTo": lambda user, values: user.created_at <= values[-1],
}


class Directory:
    """Handlers over the people and settings of one account."""

    def __init__(self, account: Account, timezone: str, url: Callable[[], str]) -> None:
        self._account, self._timezone, self._url = account, timezone, url

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("GET", "/api/api-versions"): self.api_versions,
            ("GET", "/api/credentials"): self.credentials,
            ("GET", "/api/system-info"): self.system_info,
            ("GET", "/api/v5/settings"): self.settings,
            ("GET", "/api/v5/reference/sites"): self.sites,
            ("GET", "/api/v5/users"): self.users,
            ("GET", "/api/v5/users/{id}"): self.user,
            ("POST", "/api/v5/users/{id}/status"): self.set_status,
        }

    def api_versions(self, request: Request) -> Reply:
        return success(versions=["3.0", "4.0", "5.0"])

    def credentials(self, request: Request) -> Reply:
        return success(credentials=CREDENTIALS, scopes=SCOPES, siteAccess="access_full")

    def system_info(self, request: Request) -> Reply:
        return success(systemVersion="8.1.51", publicUrl=self._url(), technicalUrl=self._url())

    def settings(self, request: Request) -> Reply:
        updated = "2025-01-15 10:00:00"
        day = {
            "start_time": "09:00",
            "end_time": "18:00",
            "lunch_start_time": "13:00",
            "lunch_end_time": "14:00",
        }
        return success(
            settings={
                "default_currency": {"value": "RUB", "updated_at": updated},
                "system_language": {"value": "RU", "updated_at": updated},
                "timezone": {"value": self._timezone, "updated_at": updated},
                "work_times": [{"day_type": name, **day} for name in WEEKDAYS],
            }
        )

    def sites(self, request: Request) -> Reply:
        named = {
            code: {"code": code, "name": name, "url": f"https://{code}.example"}
            for code, name in self._account.sites.items()
        }
        return success(sites=named)

    def users(self, request: Request) -> Reply:
        wanted = filters(request)
        refuse_unknown(wanted, USER_FILTERS)
        if wanted.get("status", ["free"])[-1] not in USER_STATUSES:
            raise ApiError("Validation error", {"filter[status]": NOT_A_CHOICE})
        with self._account.lock:
            users = list(self._account.users.values())
        chosen = [
            user for user in users if all(USER_FILTERS[name](user, values) for name, values in wanted.items())
        ]
        return paged(request, "users", [_user_json(user) for user in chosen])

    def user(self, request: Request, id: str) -> Reply:
        return success(user=_user_json(self._find(id)))

    def set_status(self, request: Request, id: str) -> Reply:
        user = self._find(id)
        status = parameter(request, "status")
        if status not in USER_STATUSES:
            raise ApiError("Validation error", {"status": NOT_A_CHOICE})
        with self._account.lock:
            self._account.users[user.id] = replace(user, status=status)
        return success()

    def _find(self, id: str) -> User:
        with self._account.lock:
            user = self._account.users.get(int(id)) if is_whole(id) else None
        if user is None:
            raise not_found()
        return user


def refuse_unknown(wanted: dict[str, list[str]], known: Iterable[str]) -> None:
    """Filters that are not documented."""
    # Whether the real one ignores or refuses an undefined filter is not documented; strictness finds bugs.
    for name in wanted:
        if name not in known:
            raise ApiError("Validation error", {f"filter[{name}]": EXTRA_FIELD})


def _user_json(user: User) -> dict[str, Any]:
    data = {
        "id": user.id,
        "createdAt": user.created_at,
        "active": user.active,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "status": user.status,
        "online": user.online,
        "isAdmin": user.is_admin,
        "isManager": user.is_manager,
        "groups": [
            {"id": 20 + index, "name": code.title(), "code": code} for index, code in enumerate(user.groups)
        ],
    }
    # Empty values are left out of RetailCRM's answers altogether.
    return {key: value for key, value in data.items() if value not in ("", None)}


def customer_json(customer: Customer) -> dict[str, Any]:
    data = {
        "type": "customer",
        "id": customer.id,
        "externalId": f"shop-{customer.id}",
        "createdAt": "2025-02-01 12:00:00",
        "managerId": customer.manager_id,
        "site": "main",
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "email": customer.email,
        "phones": [{"number": customer.phone}],
    }
    return {key: value for key, value in data.items() if value not in ("", None)}
