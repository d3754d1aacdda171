"""Brings database, translations and static files up to date; for installations whose processes systemd or containers start."""

from typing import Any

from django.core.management import BaseCommand

from config.supervisor import trouble
from config.supervisor.preparation import prepare


class Command(BaseCommand):
    help = "Bring the database, the translations and the static files up to date."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        with trouble.explained():
            prepare(self.stdout.write)
