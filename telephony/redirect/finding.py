"""Who is responsible for a client, by what we have ourselves: records of clients and deals, and former conversations."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from config.ids import uuid7_at
from integrations import live
from integrations.models import Deal, Link, Reference
from integrations.records import DealPhase, RecordKind
from integrations.store.lookup import callers_by_phone
from telephony.models import Call, RedirectSource
from telephony.redirect.choosing import Candidate

NEWEST_CALLS: Final = 20
NEWEST_DEALS: Final = 20


def by_records(tenant_id: int, number: str) -> list[Candidate]:
    """Whom the client's own record names, then whom open deals name, the newest first. Of the tenant in scope."""
    known = callers_by_phone(number)
    if not known:
        return []
    owners = _owners([one.id for one in known])
    extensions = _extensions(tenant_id)
    found = [
        candidate
        for one in known
        if one.responsible_id
        for candidate in _named(owners.get(one.id, ()), one.responsible_id, one.name, extensions)
    ]
    names = {one.id: one.name for one in known}
    return _each_once([*found, *_of_deals(names, extensions)])


def _of_deals(names: Mapping[UUID, str], extensions: Mapping[UUID, Mapping[str, str]]) -> Iterator[Candidate]:
    links = Reference.objects.filter(target_id__in=list(names), kind=RecordKind.DEAL)
    of_client = {
        record_id: (integration_id, target_id)
        for record_id, integration_id, target_id in links.order_by("-record_id").values_list(
            "record_id", "integration_id", "target_id"
        )[:NEWEST_DEALS]
        if target_id is not None
    }
    if not of_client:
        return
    present = Deal.objects.filter(id__in=list(of_client), deleted_at__isnull=True)
    deals = present.filter(phase=DealPhase.OPEN).exclude(responsible_id="")
    for deal_id, user_id in deals.order_by("-id").values_list("id", "responsible_id"):
        integration_id, client_id = of_client[deal_id]
        yield from _named([integration_id], user_id, names.get(client_id, ""), extensions)


def _owners(record_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """The integrations that each record came from."""
    found: dict[UUID, list[UUID]] = {}
    links = Link.objects.filter(
        record_id__in=record_ids, kind__in=[RecordKind.CONTACT, RecordKind.COMPANY]
    ).values_list("record_id", "integration_id")
    for record_id, integration_id in links:
        found.setdefault(record_id, []).append(integration_id)
    return found


def _extensions(tenant_id: int) -> dict[UUID, dict[str, str]]:
    """Outside user -> extension, for each integration of the tenant."""
    return {
        one.id: {user: extension for extension, user in one.users.items()}
        for one in live.of_tenant(tenant_id)
    }


def _named(
    integration_ids: Iterable[UUID],
    user_id: str,
    client: str,
    extensions: Mapping[UUID, Mapping[str, str]],
) -> Iterator[Candidate]:
    """The responsible user as a candidate, by the systems that the record came from; those that know the user first."""
    ids = [one for one in integration_ids if one in extensions]
    knowing = [one for one in ids if user_id in extensions[one]]
    for integration_id in knowing or ids[:1]:
        extension = extensions[integration_id].get(user_id, "")
        yield Candidate(RedirectSource.RECORDS, extension, client, integration_id)


def _each_once(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({one.extension: one for one in reversed(list(candidates))}.values())[::-1]


def by_conversation(number: str, days: int) -> list[Candidate]:
    """Who talked last with this client in so many days. Of the tenant in scope."""
    since = uuid7_at(timezone.now() - timedelta(days=days))
    calls = Call.objects.filter(client_number=number, id__gte=since, merged_into__isnull=True)
    rows = calls.order_by("-id").values_list("answered_at", "talks", "client_name")[:NEWEST_CALLS]
    for answered_at, talks, name in rows:
        if answered_at is not None and talks:
            return [Candidate(RedirectSource.CONVERSATION, str(talks[-1]["extension"]), name)]
    return []
