"""A report as a mail."""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override

from tenants.models import Tenant
from webhooks.reports.composing import Composed, Shown


class Text(NamedTuple):
    subject: str
    body: str


def letter(composed: Composed, tenant: Tenant) -> Text:
    """In the company's language, plain."""
    with override(tenant.language):
        footer = _("You get this report because %(company)s entered your address in Switchboard.") % {
            "company": tenant.name
        }
        body = "\n".join([composed.summary, "", *_lines(composed), "--", footer])
    return Text(f"{composed.title} · {tenant.name}", body)


def _lines(composed: Composed) -> Iterator[str]:
    for part in composed.parts:
        yield part.title.upper()
        yield from (line(one) for one in part.figures)
        yield ""


def line(one: Shown) -> str:
    """`Calls: 124 (+13 %)`; what is wrong stands out."""
    change = f" ({one.change})" if one.change else ""
    return f"{'! ' if one.is_trouble else '  '}{one.title}: {one.text}{change}"
