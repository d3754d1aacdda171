"""`manage.py prune_audit --days N`: removes old entries of the audit trail, and says so in it."""

import getpass
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.audit import Actor, acting
from tenants.models import AuditChain
from tenants.scoping import all_tenants
from tenants.trail.retention import prunable, prune
from tenants.trail.seal import seal_trails
from tenants.trail.verify import verify_trails

SHORTEST = 30


class Command(BaseCommand):
    help = "Remove entries of the audit trail that are older than so many days; this is audited and stays provable."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, required=True, help=f"keep this many days, at least {SHORTEST}"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how far it would reach")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < SHORTEST:
            raise CommandError(f"at least {SHORTEST} days must be kept")
        before = timezone.now() - timedelta(days=options["days"])
        seal_trails(everything=True)
        damages = verify_trails()
        if damages:
            # Pruning would remove the evidence.
            raise CommandError("the audit trail was tampered with; see manage.py verify_audit")
        with all_tenants(), acting(Actor(f"manage.py prune_audit ({getpass.getuser()})")):
            for chain in AuditChain.objects.order_by("owner"):
                if options["dry_run"]:
                    self.stdout.write(f"chain {chain.owner}: up to entry {prunable(chain, before)}")
                else:
                    self.stdout.write(f"chain {chain.owner}: {prune(chain, before)} removed")
        seal_trails()
