"""What reports say of exports."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from exports.models import Export
from exports.models.export import State
from tenants.figures import Figure, Period, Section, counted, register_section

_FAILED: Final = ngettext_lazy("%(count)d export failed", "%(count)d exports failed", "count")
_MADE: Final = ngettext_lazy("%(count)d export made", "%(count)d exports made", "count")


def exports(period: Period) -> Sequence[Figure]:
    """One query."""
    asked = Export.objects.filter(**period.ids)
    made, failed = counted(
        [asked.filter(state__in=(State.DONE, State.EXPIRED)), asked.filter(state=State.FAILED)]
    )
    return [
        Figure("made", _("Made"), made, sentence=_MADE),
        Figure(
            "failed", pgettext_lazy("figure of a report", "Failed"), failed, sentence=_FAILED, is_trouble=True
        ),
    ]


register_section(Section("exports", _("Exports"), exports, place=70))
