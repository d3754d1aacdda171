"""Saves a field mapping as a new version, or puts an old one back into force."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from integrations.mapping import active
from integrations.mapping.checking import check_rules
from integrations.mapping.rules import Rules, to_json
from integrations.mapping.versions import mappable_kinds
from integrations.models import Integration, MappingVersion
from integrations.records import RecordKind
from tenants import audit

LONGEST_NOTE = 200


def check_mapping(integration: Integration, kind: str, rows: object) -> Rules:
    """The rules, without saving them; ValidationError keyed `kind` or `rules.<row>.<field>`."""
    known = {one.value for one in mappable_kinds(integration)}
    if kind not in known:
        text = _("Choose one of: %(choices)s.") % {"choices": ", ".join(sorted(known)) or "—"}
        raise ValidationError({"kind": text})
    return check_rules(RecordKind(kind), rows)


@transaction.atomic
def save_mapping(integration: Integration, kind: str, rows: object, note: str = "") -> MappingVersion:
    """The version in force afterwards; the same one as before when nothing differs."""
    rules = [to_json(rule) for rule in check_mapping(integration, kind, rows)]
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": _("This text is too long.")})
    # The integration's row is the lock under which versions get their numbers.
    Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
    versions = MappingVersion.objects.filter(integration=integration, kind=kind)
    former = versions.filter(is_active=True).first()
    if former is not None and former.rules == rules:
        return former
    last = versions.order_by("-number").values_list("number", flat=True).first() or 0
    versions.filter(is_active=True).update(is_active=False)
    made = MappingVersion.objects.create(
        tenant_id=integration.tenant_id,
        integration=integration,
        kind=kind,
        number=last + 1,
        rules=rules,
        note=note.strip(),
        author=audit.current_actor().name[:200],
        is_active=True,
    )
    audit.record(
        "integration.mapping_saved",
        integration,
        before=_told(kind, former),
        after=_told(kind, made),
    )
    active.forget(integration.pk)
    return made


def restore_mapping(version: MappingVersion) -> MappingVersion:
    """The old rules as the newest version: what was in force at any time stays to be seen."""
    note = _t("version %(number)d restored") % {"number": version.number}
    return save_mapping(version.integration, version.kind, version.rules, note)


def _told(kind: str, version: MappingVersion | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "version": version.number if version else 0,
        "rules": version.rules if version else [],
    }
