"""Extensions and lines without a match."""

from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, RelatedFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.models import AssignmentProblem


class ProblemResource(DatasetResource):
    trouble = Column(_("What is wrong"))
    subject = Column(_("Who"), kind=Kind.TEXT)
    name = Column(_("Name"))
    integration = Column(_("Integration"), "integration__name")
    calls = Column(_("Calls in a week"))
    created_at = Column(_("Since"))
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = AssignmentProblem


register_dataset(
    Dataset(
        name="assignment_problems",
        title=_("Extensions and lines without a match"),
        resource=ProblemResource,
        filters=(
            ChoiceFilter("trouble", _("What is wrong")),
            RelatedFilter("integration", _("Integration")),
        ),
        order=("-id",),
        scope="calls:read",
    )
)
