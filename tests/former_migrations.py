"""The way that older installations went: by every migration there was, not by those that stand for them since.

`python -m tests.former_migrations [APP MIGRATION]` takes the database of DATABASE_URL that way, to its end or so far.
"""

import os
import sys

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def by_former_steps(executor: MigrationExecutor) -> MigrationExecutor:
    """The same one, who knows nothing of migrations that replace others."""
    loader = executor.loader
    loader.replace_migrations = False
    loader.build_graph()
    for key, migration in loader.replacements.items():
        loader.graph.remove_replacement_node(key, migration.replaces)
    return executor


def main(*target: str) -> None:
    executor = by_former_steps(MigrationExecutor(connection))
    app, name = target or ("", "")
    executor.migrate([(app, name)] if target else executor.loader.graph.leaf_nodes())


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    main(*sys.argv[1:])
