"""What an operator can get wrong: the folder for exports."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.health import Finding, health_check


def _problem() -> str:
    """Why nothing can be written to EXPORT_DIR; empty when all is well."""
    place = Path(settings.EXPORT_DIR)
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    if not existing.is_dir():
        return f"EXPORT_DIR: {existing} is not a folder"
    return "" if os.access(existing, os.W_OK | os.X_OK) else f"EXPORT_DIR: {existing} is not writable"


@register()
def export_dir(**_options: Any) -> list[CheckMessage]:
    problem = _problem()
    return (
        [Error(problem, hint="Create the folder, or set EXPORT_DIR to a writable one.", id="exports.E001")]
        if problem
        else []
    )


@health_check("exports")
def exports_folder() -> Finding:
    problem = _problem()
    return Finding(not problem, problem)
