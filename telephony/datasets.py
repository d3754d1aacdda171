"""The rows of this room that can be exported."""

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.models import Call
from telephony.selectors import visible_calls
from tenants.models import Member


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
            TextFilter("responsible", _("Extension"), lookup="icontains"),
            TextFilter("did", _("Our line"), lookup="icontains"),
        ),
        search=("client_number", "client_raw", "client_name", "external_id"),
        order=("-started_at", "-id"),
    )
)
