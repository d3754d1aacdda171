"""Clients not called back."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import Filter, FilterError, FromList, RangeFilter, TextFilter
from exports.filters.base import ListParams, as_text
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.datasets.search_box import SearchBox
from telephony.models import MissedClient
from telephony.models.call import tail_of
from telephony.selectors.missed import visible_missed
from tenants.models import Member


class MissedClientResource(DatasetResource):
    client_number = Column(_("Client"), kind=Kind.PHONE)
    client_name = Column(_("Caller's name"))
    count = Column(_("Missed calls"))
    first_missed_at = Column(_("First missed"))
    last_missed_at = Column(_("Last missed"))
    line = Column(_("Our line"), kind=Kind.PHONE)
    extension = Column(_("Who should call back"), kind=Kind.PHONE)
    tries = Column(_("Tries to call back"))
    tried_at = Column(_("Last try"))
    cleared_at = Column(_("Reached"))
    clearing = Column(_("How"))
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = MissedClient

    @classmethod
    def rows_for(cls, member: Member | None) -> QuerySet[Model]:
        found: QuerySet[Model] = visible_missed(member)
        return found


class StandingFilter(Filter):
    """As in the list: those who wait, unless others are asked for."""

    shape = "text"

    def __init__(self) -> None:
        super().__init__("cleared", _("State"), field="cleared_at")

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        value = as_text(raw)
        if value not in ("0", "1", "all"):
            raise FilterError(_("Give one of: %(known)s.") % {"known": "0, 1, all"})
        return Q() if value == "all" else Q(cleared_at__isnull=value == "0")

    def from_list(self, params: ListParams) -> FromList | None:
        values = params.get(self.name) or ["0"]
        return FromList(values[0], frozenset({self.name}))


class EndFilter(SearchBox):
    """The end of a number, as in the list's search box."""

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        digits = tail_of(as_text(raw))[::-1]
        return Q(client_number__endswith=digits) if digits else Q()


register_dataset(
    Dataset(
        name="missed_clients",
        title=_("Clients not called back"),
        resource=MissedClientResource,
        filters=(
            RangeFilter("first_missed_at", _("First missed")),
            TextFilter("extension", _("Who should call back")),
            StandingFilter(),
            EndFilter("client_number"),
        ),
        order=("-id",),
        scope="calls:read",
    )
)
