"""`manage.py pbx_catch_up`: read exchanges' call records now, and say what was in them."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from telephony.actions.catch_up import catch_up
from telephony.models import CatchUpCause, CatchUpReport, CdrSource
from tenants.scoping import all_tenants


class Command(BaseCommand):
    """`pbx_catch_up --tenant 0367 --exchange main --since 2026-11-21`."""

    help = "Read the call records of exchanges, from where they were left or from a time on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", help="only this company's; its number, such as 0367")
        parser.add_argument("--exchange", help="only the exchange of this name")
        parser.add_argument(
            "--since", help="read again what ended after this day or time, such as 2026-11-21T09:00"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with all_tenants():
            found = CdrSource.objects.filter(is_enabled=True, pbx__is_enabled=True, tenant__is_active=True)
            if options["tenant"]:
                found = found.filter(tenant__number=options["tenant"])
            if options["exchange"]:
                found = found.filter(pbx__name=options["exchange"])
            sources = list(found.select_related("pbx", "tenant").order_by("id"))
        if not sources:
            raise CommandError("No such exchange has its call records connected.")
        failed = [source for source in sources if not self._read(source, _since(options["since"], source))]
        if failed:
            raise CommandError(f"{len(failed)} of {len(sources)} could not be read.")

    def _read(self, source: CdrSource, since: datetime | None) -> bool:
        if since is not None:
            with all_tenants():
                CdrSource.objects.filter(pk=source.pk).update(read_from=since)
        report = catch_up(source.pk, cause=CatchUpCause.COMMAND, keep=True)
        assert report is not None
        self.stdout.write(f"{source.tenant.number} {source.pbx.name}: {in_words(report)}")
        return not report.reason


def in_words(report: CatchUpReport) -> str:
    """One line for an operator."""
    if report.reason:
        return f"{report.reason_text} ({report.detail})" if report.detail else report.reason_text
    return (
        f"{report.rows_read} rows, {report.rows_new} new; calls: {report.missing} found only there,"
        f" {report.differing} differing, {report.unchanged} unchanged"
    )


def _since(text: str | None, source: CdrSource) -> datetime | None:
    """A day or a time of the exchange's clock, unless it has a zone of its own."""
    if not text:
        return None
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 zone follows
    except ValueError as error:
        raise CommandError(f"--since {text}: {error}") from error
    if found is None:
        raise CommandError(f"--since {text}: a day or a time such as 2026-11-21T09:00 was expected.")
    return found if found.tzinfo else timezone.make_aware(found, source.pbx.zone)
