"""Django's `migrate`, with the libraries' tables first, which makes an empty database ready in half the time.

Django goes by the apps' names. A library's migration that comes after ours costs a hundred times what it costs before them:
each change of a model that is linked with companies or people renders all our models' classes again.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration

ROOMS: Final = frozenset({"tenants", "signin", "webhooks", "exports", "integrations", "telephony"})


class LibrariesFirst(MigrationExecutor):
    """What a migration depends on still comes before it, such as the people's table before a library's that names them."""

    def migration_plan(
        self, targets: Sequence[tuple[str, str | None]] | set[tuple[str, str]], clean_start: bool = False
    ) -> list[tuple[Migration, bool]]:
        ordered = sorted(targets, key=lambda target: target[0] in ROOMS)
        return super().migration_plan(ordered, clean_start)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # Django's command has no other place to say by whom the order is made.
        migrate.MigrationExecutor = LibrariesFirst  # type: ignore[attr-defined]
        super().handle(*args, **options)
