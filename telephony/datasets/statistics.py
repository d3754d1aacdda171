"""The calls of each day, counted by hour, extension and line."""

from typing import Any

from django.db.models import F, FloatField
from django.db.models.functions import Cast, NullIf, Round
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from telephony.models import CallTally


def _average(total: str, count: str) -> Any:
    return Round(Cast(F(total), FloatField()) / NullIf(F(count), 0), 1)


class StatisticsResource(DatasetResource):
    day = Column(_("Day"))
    of = Column(_("Counted by"))
    key = Column(_("Which"), kind=Kind.PHONE)
    direction = Column(_("Direction"))
    calls = Column(_("Calls"))
    answered = Column(_("Answered calls"))
    missed = Column(_("Missed calls"))
    wait_total = Column(_("Wait in all, s"))
    talk_total = Column(_("Talk in all, s"))
    talk = Column(_("Talk on average, s"), expression=_average("talk_total", "answered"), kind=Kind.DECIMAL)
    wait = Column(_("Wait on average, s"), expression=_average("wait_total", "answered"), kind=Kind.DECIMAL)
    id = Column(_("Id"), is_default=False, kind=Kind.TEXT)

    class Meta:
        model = CallTally


register_dataset(
    Dataset(
        name="call_statistics",
        title=_("Calls by the day"),
        resource=StatisticsResource,
        filters=(
            RangeFilter("day", _("Day")),
            ChoiceFilter("of", _("Counted by")),
            ChoiceFilter("direction", _("Direction")),
            TextFilter("key", _("Which")),
        ),
        order=("-day", "of", "key", "direction", "id"),
        scope="calls:read",
    )
)
