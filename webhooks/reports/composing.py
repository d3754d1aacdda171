"""What stands in a report: the sections' figures of a period beside those of the one before, in the company's language."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tenants.figures import MOST, Figure, Period, Section, Unit, sections
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from webhooks.models.report import Report, Rhythm
from webhooks.reports.schedule import DAY, former

LONGEST_SUMMARY: Final = 500
_TITLES: Final = {
    Rhythm.DAILY: gettext_lazy("%(name)s: %(day)s"),
    Rhythm.WEEKLY: gettext_lazy("%(name)s: %(day)s to %(last)s"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure as people read it. `before` is its value in the period before, `change` what became of it."""

    name: str
    title: str
    value: float | None
    unit: str
    text: str
    before: float | None
    change: str
    is_trouble: bool


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    title: str
    figures: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Composed:
    """A report that is ready to be sent."""

    title: str
    summary: str
    period: Period
    parts: tuple[Part, ...]
    is_quiet: bool


def compose(report: Report, period: Period) -> Composed:
    """In the scope of its company. Each section is asked twice, for the period and the one before."""
    tenant = report.tenant
    before = former(report.schedule, period, tenant.zone)
    wanted = [one for one in sections() if not report.sections or one.name in report.sections]
    with tenant_scope(tenant):
        found = [(one, one.figures(period), one.figures(before)) for one in wanted]
    with override(tenant.language):
        figures = [figure for _section, now, _then in found for figure in now]
        return Composed(
            title=_title(report, period, tenant.zone),
            summary=_summary(figures),
            period=period,
            parts=tuple(_part(*one) for one in found),
            is_quiet=not any(one.value for one in figures if one.sentence is not None),
        )


def as_data(report: Report, composed: Composed) -> dict[str, Any]:
    """The data of its event."""
    tenant: Tenant = report.tenant
    first, last = _first_and_last(composed.period, tenant.zone)
    return {
        "report_id": str(report.pk),
        "name": report.name,
        "title": composed.title,
        "summary": composed.summary,
        "language": tenant.language,
        "period": {
            "since": composed.period.since.isoformat(),
            "until": composed.period.until.isoformat(),
            "first_day": first.date().isoformat(),
            "last_day": last.date().isoformat(),
            "timezone": tenant.timezone,
        },
        "is_quiet": composed.is_quiet,
        "sections": [
            {"name": part.name, "title": part.title, "figures": [asdict(one) for one in part.figures]}
            for part in composed.parts
        ],
        "endpoint_ids": list(report.endpoints),
    }


def _first_and_last(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = period.until.astimezone(zone).date() - DAY
    return period.since.astimezone(zone), datetime.combine(last, datetime.min.time(), zone)


def _title(report: Report, period: Period, zone: ZoneInfo) -> str:
    first, last = _first_and_last(period, zone)
    return str(_TITLES[Rhythm(report.rhythm)]) % {
        "name": report.name,
        "day": date_format(first, "SHORT_DATE_FORMAT"),
        "last": date_format(last, "SHORT_DATE_FORMAT"),
    }


def _summary(figures: Sequence[Figure]) -> str:
    """One line: what happened, in words."""
    told = [
        str(one.sentence % {"count": int(one.value)})
        for one in figures
        if one.sentence is not None and one.value
    ]
    return ", ".join(told)[:LONGEST_SUMMARY] if told else _("Nothing happened.")


def _part(section: Section, figures: Sequence[Figure], before: Sequence[Figure]) -> Part:
    former_values = {one.name: one.value for one in before}
    return Part(
        section.name,
        str(section.title),
        tuple(
            Shown(
                name=one.name,
                title=str(one.title),
                value=one.value,
                unit=one.unit.value,
                text=told(one),
                before=former_values.get(one.name),
                change=_change(one, former_values.get(one.name)),
                is_trouble=one.is_trouble and bool(one.value),
            )
            for one in figures
        ),
    )


def told(figure: Figure) -> str:
    """The value with its unit, in the language in force."""
    value = figure.value
    if value is None:
        return "—"
    if figure.unit == Unit.COUNT and value >= MOST:
        return _("more than %(number)s") % {"number": _number(MOST)}
    return str(_UNITS[figure.unit]) % {"number": _number(round(value, _places(figure)))}


_UNITS: Final = {
    Unit.COUNT: "%(number)s",
    Unit.PERCENT: "%(number)s %%",
    Unit.SECONDS: gettext_lazy("%(number)s s"),
    Unit.HOURS: gettext_lazy("%(number)s h"),
    Unit.MILLISECONDS: gettext_lazy("%(number)s ms"),
}


def _places(figure: Figure) -> int:
    """Tenths where ones say too little."""
    return 1 if figure.unit in (Unit.PERCENT, Unit.SECONDS, Unit.HOURS) and abs(figure.value or 0) < 10 else 0


def _number(value: float) -> str:
    text = number_format(value, use_l10n=True, force_grouping=True)
    return text.removesuffix(",0").removesuffix(".0")


def _change(figure: Figure, before: float | None) -> str:
    """Against the period before: in points for shares, in percent for all else; empty where it says nothing."""
    if figure.value is None or not before or MOST in (figure.value, before):
        return ""
    difference = figure.value - before
    share = difference if figure.unit == Unit.PERCENT else 100 * difference / before
    if not round(share):
        return ""
    sign = "+" if share > 0 else "−"
    return f"{sign}{_number(abs(round(share)))} %"
