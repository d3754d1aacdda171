"""Django's makemessages, which also knows by which names our modules import gettext. Runs without our settings."""

import sys

import django
from django.conf import settings
from django.core.management.commands.makemessages import Command

ALIASES = ("_", "_lazy", "_t", "translated")


class Extraction(Command):
    # Django adds a list to it.
    xgettext_options = [*Command.xgettext_options, *(f"--keyword={name}" for name in ALIASES)]


if __name__ == "__main__":
    settings.configure()
    django.setup()
    Extraction().run_from_argv(["manage.py", "makemessages", *sys.argv[1:]])
