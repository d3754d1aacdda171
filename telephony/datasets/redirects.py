"""Decisions of smart redirect."""

from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.models import RedirectDecision


class RedirectResource(DatasetResource):
    created_at = Column(_("When"))
    mode = Column(_("How"))
    phone = Column(_("Client"), kind=Kind.PHONE)
    line = Column(_("Our line"), kind=Kind.PHONE)
    outcome = Column(_("Outcome"))
    extension = Column(_("Extension"), kind=Kind.PHONE)
    reason_code = Column(_("Reason"))
    source = Column(_("Who said so"))
    ms = Column(_("Took, ms"))
    unique_id = Column(_("Channel"), is_default=False)
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = RedirectDecision


register_dataset(
    Dataset(
        name="redirects",
        title=_("Smart redirect: decisions"),
        resource=RedirectResource,
        filters=(
            RangeFilter("created_at", _("When")),
            ChoiceFilter("outcome", _("Outcome")),
            TextFilter("phone", _("Client")),
            TextFilter("extension", _("Extension"), lookup="icontains"),
        ),
        search=("phone", "extension", "unique_id"),
        order=("-id",),
    )
)
