"""What people choose on a list and have done in the background: remembered by id, for a list's filter says no more tomorrow."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenants.errors import ConfigError
from tenants.scoping import current_tenant_id

AT_ONCE: Final = 500
MOST: Final = 20_000


def are_many(rows: QuerySet[Any]) -> bool:
    """More than is done while somebody waits for the page."""
    return rows.order_by()[: AT_ONCE + 1].count() > AT_ONCE


def ids_of(rows: QuerySet[Any]) -> list[str]:
    """In their order, as JSON keeps them. ConfigError for more than can be remembered."""
    found = list(rows.order_by("id").values_list("id", flat=True)[: MOST + 1])
    if len(found) > MOST:
        text = _("That is more than %(count)d at a time. Choose fewer, or take a range.")
        raise ConfigError(text % {"count": MOST})
    return [id_.hex for id_ in found]


def company() -> int:
    """Whose rows are chosen. ConfigError for an operator who looks at all companies at once."""
    found = current_tenant_id()
    if found is None:
        raise ConfigError(
            _("Choose a company first: so many are seen to in the background, for one company.")
        )
    return found


def parts(ids: Sequence[str], after: UUID | None, size: int) -> Iterator[list[UUID]]:
    """The rest of them, in pieces."""
    rest = [UUID(id_) for id_ in ids if after is None or id_ > after.hex]
    for start in range(0, len(rest), size):
        yield rest[start : start + size]
