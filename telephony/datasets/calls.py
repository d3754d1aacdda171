"""Calls, narrowed to the same as in their list."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, Filter, FilterError, FromList, RangeFilter, TextFilter
from exports.filters.base import ListParams, as_text
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.datasets.search_box import SearchBox
from telephony.models import Call
from telephony.selectors import visible_calls
from telephony.selectors.narrowing import NARROWINGS, Narrowing, by_words
from tenants.models import Member, Tenant
from tenants.scoping import current_tenant_id


class NarrowingFilter(Filter):
    """What the list of calls can be narrowed to, by the same name and with the same values."""

    shape = "text"

    def __init__(self, narrowing: Narrowing) -> None:
        super().__init__(narrowing.name, narrowing.title, field="id")
        self.narrowing = narrowing

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        try:
            return self.narrowing.q(as_text(raw))
        except FilterError:
            raise
        except ValueError as error:
            known = ", ".join(self.narrowing.choices or {})
            raise FilterError(_("Give one of: %(known)s.") % {"known": known}) from error

    def from_list(self, params: ListParams) -> FromList | None:
        values = params.get(self.name) or ()
        return FromList(values[0], frozenset({self.name})) if len(values) == 1 else None


class SecondsFilter(RangeFilter):
    """Of calls that are over, as in the list, whose two boxes are numbers."""

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        return super().q(raw, zone) & Q(finished_at__isnull=False)

    def from_list(self, params: ListParams) -> FromList | None:
        names = {side: f"{self.name}_{side}" for side in ("from", "to")}
        value = {side: params[name][0] for side, name in names.items() if params.get(name)}
        return FromList(value, frozenset(names[side] for side in value)) if value else None


class WordsFilter(SearchBox):
    """As in the list's search box. A local number is completed with the region of the company in scope."""

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        tenant = Tenant.objects.filter(pk=current_tenant_id() or 0).only("phone_region").first()
        return by_words(as_text(raw), tenant.phone_region if tenant is not None else "")


class CallResource(DatasetResource):
    started_at = Column(_("Started"))
    direction = Column(_("Direction"))
    status = Column(_("Status"))
    client_number = Column(_("Client"), kind=Kind.PHONE)
    client_raw = Column(_("Number as received"), kind=Kind.PHONE, is_default=False)
    client_name = Column(_("Caller's name"))
    did = Column(_("Our line"), kind=Kind.PHONE)
    trunk = Column(_("Trunk"))
    responsible = Column(_("Extension"), kind=Kind.PHONE)
    answered_by = Column(_("Answered by"), kind=Kind.PHONE)
    answered_at = Column(_("Answered"))
    ended_at = Column(_("Ended"))
    wait_seconds = Column(_("Wait, s"))
    talk_seconds = Column(_("Talk, s"))
    hangup_cause = Column(_("Hang-up cause"))
    ended_by = Column(_("Ended by"))
    queue = Column(_("Queue"), is_default=False)
    recording = Column(_("Recording"), is_default=False)
    external_id = Column(_("Id at the exchange"))
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = Call

    @classmethod
    def rows(cls) -> QuerySet[Model]:
        """As in the list: a call that turned out to be part of another one is told there."""
        return super().rows().filter(merged_into__isnull=True)

    @classmethod
    def rows_for(cls, member: Member | None) -> QuerySet[Model]:
        found: QuerySet[Model] = visible_calls(member)
        return found


register_dataset(
    Dataset(
        name="calls",
        title=_("Calls"),
        resource=CallResource,
        filters=(
            RangeFilter("started_at", _("Started")),
            ChoiceFilter("direction", _("Direction")),
            ChoiceFilter("status", _("Status")),
            TextFilter("client_number", _("Client")),
            SecondsFilter("wait_seconds", _("Wait, s")),
            SecondsFilter("talk_seconds", _("Talk, s")),
            *(NarrowingFilter(one) for one in NARROWINGS.values()),
            WordsFilter("id"),
        ),
        order=("-started_at", "-id"),
    )
)
