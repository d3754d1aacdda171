"""Do something to many deliveries: at once when they are few, else in the background, where one sees how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.models import Tenant
from tenants.work import cancel as cancel_work
from tenants.work import enqueue
from webhooks.actions import chosen_rows
from webhooks.actions.cancel_deliveries import cancel_deliveries
from webhooks.actions.replay_deliveries import replay_deliveries, replayable
from webhooks.missing import Counted, count_missing
from webhooks.models import Delivery, DeliveryState, Endpoint, MassAction, MassKind, MassState
from webhooks.models.mass import UNFINISHED
from webhooks.selectors import DeliveryFilter, deliveries

LANE: Final = "webhooks.mass"
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """`action` is None when everything was done at once."""

    count: int
    action: MassAction | None


def chosen(kind: str, wanted: DeliveryFilter) -> QuerySet[Delivery]:
    """The deliveries that it would be done to now."""
    if kind == MassKind.CANCEL:
        return deliveries(replace(wanted, state=DeliveryState.PENDING))
    return replayable(deliveries(wanted))


def count(kind: str, wanted: DeliveryFilter) -> int:
    """To be shown before anything happens."""
    return chosen(kind, wanted).order_by().count()


def begin(tenant: Tenant | int, kind: str, wanted: DeliveryFilter) -> Begun:
    """Send again, or cancel."""
    total = count(kind, wanted)
    if total <= AT_ONCE:
        found = chosen(kind, wanted)
        return Begun(cancel_deliveries(found) if kind == MassKind.CANCEL else replay_deliveries(found), None)
    return Begun(total, _queue(tenant, kind, stored(wanted), total, wanted.endpoint))


def may_be(kind: str, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Those of them that it can be done to now."""
    return rows.filter(state=DeliveryState.PENDING) if kind == MassKind.CANCEL else replayable(rows)


def begin_chosen(kind: str, rows: QuerySet[Delivery]) -> Begun:
    """The same for those that a person chose. ConfigError for more than can be chosen."""
    found = may_be(kind, rows)
    if not chosen_rows.are_many(found):
        return Begun(cancel_deliveries(found) if kind == MassKind.CANCEL else replay_deliveries(found), None)
    tenant_id, ids = chosen_rows.company(), chosen_rows.ids_of(found)
    return Begun(len(ids), _queue(tenant_id, kind, {}, len(ids), None, ids))


def begin_missing(endpoint: Endpoint, since: datetime, until: datetime) -> Begun:
    """Send events of that time that the endpoint never got; ConfigError while it is disabled."""
    if not endpoint.is_enabled:
        raise ConfigError(_("The endpoint is disabled. Enable it first."))
    found: Counted = count_missing(endpoint, since, until)
    if not found.count and found.is_all:
        return Begun(0, None)
    wanted = DeliveryFilter(endpoint=endpoint.pk, since=since, until=until)
    return Begun(
        found.count,
        _queue(endpoint.tenant_id, MassKind.MISSING, stored(wanted), found.count, endpoint.pk),
    )


def stop(action: MassAction) -> bool:
    """What is done stays done; False when it had ended already."""
    with transaction.atomic():
        rows = MassAction.objects.filter(pk=action.pk, state__in=UNFINISHED)
        if not rows.update(state=MassState.CANCELLED, finished_at=timezone.now()):
            return False
        cancel_work(LANE, [action.pk])
        audit.record("mass_action.cancelled", action)
    action.refresh_from_db()
    return True


def stored(wanted: DeliveryFilter) -> dict[str, Any]:
    """As JSON."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in wanted.as_dict().items()
        if value is not None
    }


def read(found: Mapping[str, Any]) -> DeliveryFilter:
    times = {name: parse_datetime(found[name]) for name in ("since", "until") if name in found}
    return DeliveryFilter.of({**found, **times})


@transaction.atomic
def _queue(
    tenant: Tenant | int,
    kind: str,
    wanted: dict[str, Any],
    total: int,
    endpoint: Any,
    ids: list[str] | None = None,
) -> MassAction:
    tenant_id = tenant if isinstance(tenant, int) else tenant.pk
    action = MassAction.objects.create(
        tenant_id=tenant_id,
        endpoint_id=endpoint,
        kind=kind,
        wanted=wanted,
        ids=ids,
        total=total,
        made_by=audit.current_actor().name[:200],
    )
    audit.record("mass_action.begun", action, after={"kind": kind, "count": total, **wanted})
    enqueue(LANE, [(action.pk, tenant_id, str(tenant_id), None)])
    return action
