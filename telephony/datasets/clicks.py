"""Clicks-to-call."""

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.models import OriginateRequest
from telephony.selectors.clicks import visible_clicks
from tenants.models import Member


class ClickResource(DatasetResource):
    created_at = Column(_("Clicked"))
    extension = Column(_("Extension"), kind=Kind.PHONE)
    phone = Column(_("Client"), kind=Kind.PHONE)
    state = Column(_("State"))
    reason_code = Column(_("Why"))
    origin = Column(_("Asked for by"))
    requester = Column(_("Who clicked"))
    agent_answered_at = Column(_("Colleague picked up"))
    talked_at = Column(_("Talk began"))
    ended_at = Column(_("Ended"))
    asked = Column(_("Number as received"), kind=Kind.PHONE, is_default=False)
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = OriginateRequest

    @classmethod
    def rows_for(cls, member: Member | None) -> QuerySet[Model]:
        found: QuerySet[Model] = visible_clicks(member)
        return found


register_dataset(
    Dataset(
        name="clicks",
        title=_("Clicks to call"),
        resource=ClickResource,
        filters=(
            RangeFilter("created_at", _("Clicked")),
            ChoiceFilter("state", _("State")),
            ChoiceFilter("origin", _("Asked for by")),
            TextFilter("extension", _("Extension")),
            TextFilter("phone", _("Client")),
        ),
        search=("phone", "requester"),
        order=("-id",),
        scope="calls:read",
    )
)
