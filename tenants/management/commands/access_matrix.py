"""Writes docs/access.md: who may do what, as the code declares it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from config.env import BASE_DIR
from tenants.matrix import document

PAGE = BASE_DIR / "docs" / "access.md"


class Command(BaseCommand):
    help = "Write docs/access.md from what pages, resources and datasets declare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the page differs")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        import_string("config.urls.urlpatterns")  # which registers the API
        text = document() + "\n"
        if not check:
            PAGE.write_text(text)
        elif not PAGE.exists() or PAGE.read_text() != text:
            raise CommandError("docs/access.md differs from the code. Run `python manage.py access_matrix`.")
