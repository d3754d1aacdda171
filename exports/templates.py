"""Exports by a template: what it says, with what the caller says differently."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from exports.models import ExportTemplate
from exports.refusals import InvalidRequest


def find_template(wanted: str) -> ExportTemplate:
    """By id or by name, of the company in scope; InvalidRequest where there is none."""
    try:
        by_id = ExportTemplate.objects.filter(pk=UUID(wanted)).first()
    except ValueError:
        by_id = None
    found = by_id or ExportTemplate.objects.filter(name=wanted).first()
    if found is None:
        raise InvalidRequest("template", _("There is no template “%(name)s”.") % {"name": wanted[:100]})
    return found


def by_template(template: ExportTemplate, over: Mapping[str, Any]) -> dict[str, Any]:
    """As `Export.asked()` has it. InvalidRequest where another dataset is asked for."""
    asked = template.asked()
    if over.get("dataset", template.dataset) != template.dataset:
        text = _("The template is one for “%(name)s”.")
        raise InvalidRequest("dataset", text % {"name": template.dataset})
    # Options of one format mean nothing to another one.
    if over.get("format", template.format) != template.format:
        asked["options"] = {}
    return {**asked, **over}
