"""Makes tenants, members and keys for tests of all apps."""

from itertools import count
from typing import Any

from tenants.models import ApiKey, Extension, Member, Role, Tenant, User
from tenants.models.api_key import new_key
from tenants.scoping import all_tenants

_numbers = count(1)
PASSWORD = "correct horse battery"


def make_tenant(**values: Any) -> Tenant:
    number = f"{next(_numbers):04d}"
    defaults = {
        "number": number,
        "name": f"Company {number}",
        "timezone": "Europe/Minsk",
        "phone_region": "BY",
        "language": "en",
    }
    return Tenant.objects.create(**{**defaults, **values})


def make_user(**values: Any) -> User:
    return User.objects.create_user(**{"username": f"person{next(_numbers)}", "password": PASSWORD, **values})


def make_operator(**values: Any) -> User:
    return make_user(is_superuser=True, is_staff=True, **values)


def make_member(
    tenant: Tenant, role: str = Role.ADMIN, *, user: User | None = None, extension: Extension | None = None
) -> Member:
    with all_tenants():  # a test may stand in the scope of another company
        return Member.objects.create(tenant=tenant, user=user or make_user(), role=role, extension=extension)


def make_extension(tenant: Tenant, number: str = "150", name: str = "") -> Extension:
    with all_tenants():
        return Extension.objects.create(tenant=tenant, number=number, name=name)


def make_api_key(tenant: Tenant, scopes: list[str] | None = None, **values: Any) -> tuple[ApiKey, str]:
    """The stored key and its plain text."""
    plain = new_key()
    key = ApiKey(
        tenant=tenant, name=f"key {next(_numbers)}", scopes=["*"] if scopes is None else scopes, **values
    )
    key.set_key(plain)
    with all_tenants():
        key.save()
    return key, plain
