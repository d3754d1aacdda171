"""`manage.py apply FILE.yaml [--dry-run]`: configuration as code."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.audit import Actor, acting
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text


class Command(BaseCommand):
    help = "Create or update companies, members, keys, integrations and endpoints from a YAML file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the YAML file, or - for standard input")
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source = _read(options["file"])
        try:
            with acting(Actor("manage.py apply")):
                plan = apply_text(source, dry_run=options["dry_run"])
        except ConfigurationError as error:
            raise CommandError(f"{options['file']}: {error}") from error
        for warning in plan.warnings:
            self.stderr.write(self.style.WARNING(f"{options['file']}: warning: {warning}"))
        for change in plan.changes:
            self.stdout.write(str(change))
        count = len(plan.changes)
        self.stdout.write(
            f"{count} change(s) would be made." if options["dry_run"] else f"{count} change(s) made."
        )


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
