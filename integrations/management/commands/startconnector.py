"""`manage.py startconnector ledgerly "Ledgerly"`: begins the folder of a connector, as a small one that works."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations import connectors
from integrations.connectors.beginning import BadName, begin


class Command(BaseCommand):
    help = (
        "Begin a connector: a folder that speaks to its own simulator and keeps the contract, to be changed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the folder's name and the connector's code, such as ledgerly")
        parser.add_argument(
            "name", nargs="?", default="", help="how the system calls itself, such as Ledgerly"
        )

    def handle(self, *args: Any, code: str, name: str, **options: Any) -> None:
        try:
            folder = begin(Path(connectors.__path__[0]), code, name or code.replace("_", " ").title())
        except BadName as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{folder} is there. What to change, and in which order: docs/connectors.md.\n"
            f"Try it: .venv/bin/pytest {folder.relative_to(folder.parents[2])}, manage.py simulate {code}"
        )
