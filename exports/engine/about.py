"""What a file says of itself: whose data, which rows, when, in which zone."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from exports.request import CheckedRequest
from tenants.models import Tenant


def about(asked: CheckedRequest, tenant: Tenant, rows: int) -> Iterator[tuple[str, str]]:
    """Headings with their texts, in the language of the export."""
    yield _("Data"), str(asked.dataset.title)
    yield _("Company"), tenant.name
    yield _("Rows"), str(rows)
    yield _("Time"), f"{timezone.localtime(timezone.now(), tenant.zone):%Y-%m-%d %H:%M:%S}"
    yield _("Time zone"), tenant.zone.key
    for name, value in asked.filters.items():
        yield _("Filter: %(title)s") % {"title": asked.dataset.filters_by_name[name].title}, _in_words(value)


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{side}: {end}" for side, end in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
