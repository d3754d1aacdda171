"""Policies in the process' memory: read from the database at most every few seconds for each company.

A change made in this process is seen at once, one made elsewhere after `TIME_TO_LIVE` at the latest.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from telephony.models import CallPolicy, CallRule, Line, LineHearer, PopupChoice, WorkingHours
from telephony.policies.snapshot import HeardLine, Policy, Rule
from tenants.models import Tenant
from tenants.scoping import all_tenants

TIME_TO_LIVE: Final = 5.0

_loaded: dict[int, tuple[float, Policy]] = {}
_lock = threading.Lock()


def of_tenant(tenant_id: int) -> Policy:
    """What holds for that company now."""
    found = _loaded.get(tenant_id)
    if found is None or found[0] < time.monotonic():
        found = (time.monotonic() + TIME_TO_LIVE, _read(tenant_id))
        with _lock:
            _loaded[tenant_id] = found
    return found[1]


def forget(tenant_id: int) -> None:
    """Read it anew: now for this thread's transaction, and again once it is committed."""
    _drop(tenant_id)
    transaction.on_commit(lambda: _drop(tenant_id))


def met(tenant_id: int, number: str) -> None:
    """A line has a row now in which nobody has entered anything: what is known here stays as good as it was."""
    with _lock:
        found = _loaded.get(tenant_id)
        if found is not None:
            until, policy = found
            lines = MappingProxyType({**policy.lines, number: HeardLine(number)})
            _loaded[tenant_id] = (until, replace(policy, lines=lines))


def forget_all() -> None:
    """Start empty, as a new process does."""
    with _lock:
        _loaded.clear()


def _drop(tenant_id: int) -> None:
    with _lock:
        _loaded.pop(tenant_id, None)


def _read(tenant_id: int) -> Policy:
    with all_tenants():
        tenant = Tenant.objects.get(pk=tenant_id)
        row = CallPolicy.objects.filter(tenant_id=tenant_id).first() or CallPolicy(tenant_id=tenant_id)
        schedules, default = _schedules(tenant)
        modes = PopupChoice.objects.filter(tenant_id=tenant_id).values_list("extension", "mode")
        rules = CallRule.objects.filter(tenant_id=tenant_id, is_enabled=True).order_by("place", "id")
        return Policy(
            region=tenant.phone_region,
            attribution=row.attribution,
            popup_mode=row.popup_mode,
            popup_modes=MappingProxyType(dict(modes)),
            recording_wait=row.recording_wait,
            lines=MappingProxyType(_lines(tenant_id, schedules)),
            schedule=default,
            rules=tuple(as_rule(rule) for rule in rules),
        )


def _schedules(tenant: Tenant) -> tuple[dict[UUID, Any], Any]:
    """By id, and the one that holds for lines without any."""
    found: dict[UUID, Any] = {}
    default = None
    for hours in WorkingHours.objects.filter(tenant=tenant):
        hours.tenant = tenant
        try:
            found[hours.pk] = hours.schedule
        except ValidationError:
            # Only what was never checked can be unreadable; such hours are none, and calls go on.
            continue
        default = found[hours.pk] if hours.is_default else default
    return found, default


def _lines(tenant_id: int, schedules: Mapping[UUID, Any]) -> dict[str, HeardLine]:
    hearers: dict[UUID, set[UUID]] = {}
    for line_id, integration_id in LineHearer.objects.filter(tenant_id=tenant_id).values_list(
        "line_id", "integration_id"
    ):
        hearers.setdefault(line_id, set()).add(integration_id)
    return {
        row.number: HeardLine(
            row.number,
            row.name,
            row.is_enabled,
            frozenset(hearers.get(row.pk, ())),
            schedules.get(row.hours_id),
            row.extension,
            row.pk,
        )
        for row in Line.objects.filter(tenant_id=tenant_id)
    }


def as_rule(row: CallRule) -> Rule:
    """The row as calls are compared with it."""
    return Rule(
        id=row.pk,
        name=row.name,
        integration_id=row.integration_id,
        direction=row.direction,
        outcome=row.outcome,
        client=row.client,
        hours=row.hours,
        lines=frozenset(row.lines),
        creates_contact=row.creates_contact,
        creates_lead=row.creates_lead,
        is_lead_single=row.is_lead_single,
        creates_task=row.creates_task,
        task_hours=row.task_hours,
        responsible=row.responsible,
        extension=row.extension,
        name_template=row.name_template,
    )
