"""`manage.py dump [NUMBER …] [--secrets]`: the installation in the form that `apply` reads."""

from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import audit
from tenants.audit import Actor, acting
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import dump_tenants
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Print companies and their configuration as YAML."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="*", help="company numbers; all without any")
        parser.add_argument("--secrets", action="store_true", help="include secrets; this is audited")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shown = dump_tenants(options["number"], secrets=options["secrets"])
        except ConfigurationError as error:
            raise CommandError(str(error)) from error
        if options["secrets"]:
            self._record(options["number"])
        self.stdout.write(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))

    @staticmethod
    def _record(numbers: list[str]) -> None:
        with acting(Actor("manage.py dump")):
            for tenant in Tenant.objects.filter(**({"number__in": numbers} if numbers else {})):
                audit.record("secrets.dumped", tenant, tenant=tenant)
