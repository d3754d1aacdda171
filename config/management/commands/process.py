"""Becomes one process of the installation, for systemd, containers and anyone who supervises by other means."""

import os
from typing import Any

from django.core.management import BaseCommand, CommandParser

from config.supervisor import processes


class Command(BaseCommand):
    help = "Run one process of the installation in the foreground."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=processes.ROLES)

    def handle(self, *args: Any, **options: Any) -> None:
        command = processes.process(options["role"]).command
        os.execv(command[0], command)  # noqa: S606 replaced, not started: signals reach the process itself
