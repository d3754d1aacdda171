"""Brings an installation up to date before it starts: translations, database, static files, demo."""

from collections.abc import Callable

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from config.env import DATA_DIR
from config.supervisor import demo
from config.supervisor.translations import compile_catalogues

Say = Callable[[str], object]


def prepare(say: Say) -> None:
    """Safe to repeat, and safe while an older copy still runs."""
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    compile_catalogues(settings.LOCALE_PATHS)
    _migrate(say)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)


def _migrate(say: Say) -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(_("Bringing the database up to date, steps: %(count)d…") % {"count": len(plan)})
    # What is made after migrations may be missing, too.
    if plan or _complaints():
        call_command("migrate", interactive=False, verbosity=0)
    for complaint in _complaints():
        say(complaint)


def _complaints() -> list[str]:
    """What the rooms find wrong with the database."""
    found = run_checks(tags=[Tags.database], databases=["default"])
    return [f"{one.msg} {one.hint or ''}".strip() for one in found]


def prepare_demo(say: Say) -> None:
    """The demo company, when this is a first start and nobody declined; later its addresses follow PORT."""
    if "demo" not in get_commands():
        return
    if demo.note():
        call_command("demo", verbosity=0)
    elif demo.is_wanted():
        say(_("Creating the demo company…"))
        call_command("demo", verbosity=0)
