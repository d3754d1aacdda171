"""`manage.py verify_audit [NUMBER …]`: proves that no entry of the audit trail was removed or changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.models import AuditChain, Tenant
from tenants.scoping import all_tenants
from tenants.trail.entries import INSTALLATION
from tenants.trail.seal import seal_trails
from tenants.trail.verify import verify_trails


class Command(BaseCommand):
    help = "Check the chains of the audit trail; the exit status is 1 when one was tampered with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "number", nargs="*", help="company numbers; all companies and the installation without any"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owners = _owners(options["number"])
        seal_trails()
        damages = verify_trails(owners)
        names = dict(Tenant.objects.values_list("pk", "number"))
        with all_tenants():
            chains = AuditChain.objects.order_by("owner")
            shown = list(chains if owners is None else chains.filter(owner__in=owners))
        for chain in shown:
            name = (
                "installation" if chain.owner == INSTALLATION else names.get(chain.owner, "deleted company")
            )
            self.stdout.write(f"{chain.owner} ({name}): {chain.position} entries, head {chain.digest}")
        for damage in damages:
            self.stderr.write(self.style.ERROR(str(damage)))
        if damages:
            raise CommandError(f"{len(damages)} problem(s): the audit trail was tampered with.")
        self.stdout.write(self.style.SUCCESS("Nothing was removed or changed."))


def _owners(numbers: list[str]) -> list[int] | None:
    if not numbers:
        return None
    found = dict(Tenant.objects.filter(number__in=numbers).values_list("number", "pk"))
    missing = set(numbers) - set(found)
    if missing:
        raise CommandError(f"no tenant has the number {', '.join(sorted(missing))}")
    return list(found.values())
