"""Seals the trail: each company's entries are chained by keyed digests, so that one removed or changed later shows.

Writers stay free of each other: they insert a row and no more. An upkeep task follows a few seconds behind, takes what
was committed since, in the order of ids, and gives every entry its place and digest in a table of links; it alone has
to be one at a time, which a lock on the chains' rows ensures. An entry whose transaction took long finds its place
later than its time says. The digests are keyed, and the key is encrypted at rest: whoever can only write to the
database cannot make links that fit.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from config.ids import uuid7_at
from tenants.events import emit_many
from tenants.models import AuditChain, AuditEntry, AuditLink, Tenant
from tenants.scoping import all_tenants
from tenants.trail import stream
from tenants.trail.entries import INSTALLATION
from tenants.trail.events import event_of

BATCH: Final = 1000
# Longer than any transaction that audits: an entry's id is made before its commit.
SLACK: Final = timedelta(hours=1)
FIELDS: Final = (
    "id", "tenant_id", "created_at", "action", "actor", "actor_kind", "address", "user_agent", "object_type",
    "object_id", "object_name", "before", "after", "correlation_id",
)  # fmt: skip


def seal_trails(*, everything: bool = False) -> int:
    """Seal what was committed since the last time; how many entries. `everything` looks beyond the slack, too."""
    count = 0
    while sealed := _seal_batch(everything=everything):
        count += sealed
    return count


def unsealed() -> QuerySet[AuditEntry]:
    """Entries without a link, oldest first."""
    links = AuditLink.objects.filter(entry=OuterRef("id"))
    return AuditEntry._base_manager.filter(~Exists(links)).order_by("id")


def digest(key: str, previous: str, position: int, entry: AuditEntry) -> str:
    """What ties an entry, as the database gives it back, to its place and to everything before it."""
    text = json.dumps([_plain(entry, name) for name in FIELDS], cls=DjangoJSONEncoder, sort_keys=True)
    return hmac.new(key.encode(), f"{previous}\n{position}\n{text}".encode(), hashlib.sha256).hexdigest()


def _plain(entry: AuditEntry, name: str) -> Any:
    value = getattr(entry, name)
    # Not by the encoder, which cuts to milliseconds.
    return value.astimezone(UTC).isoformat() if name == "created_at" else value


@transaction.atomic
def _seal_batch(*, everything: bool) -> int:
    with all_tenants():
        chains = {chain.owner: chain for chain in AuditChain.objects.select_for_update().order_by("owner")}
        entries = list(_waiting(chains.values(), everything=everything)[:BATCH])
        links = [_link(_chain_of(chains, entry), entry) for entry in entries]
        changed = {link.chain_id for link in links}
        AuditChain.objects.bulk_update(
            [chains[owner] for owner in sorted(changed)], ["position", "digest", "streamed", "sealed_until"]
        )
        AuditLink.objects.bulk_create(links)
        _announce(entries)
    return len(entries)


def _waiting(chains: Iterable[AuditChain], *, everything: bool) -> QuerySet[AuditEntry]:
    reached = max((chain.sealed_until for chain in chains if chain.sealed_until), default=None)
    found = unsealed()
    if reached is not None and not everything:
        found = found.filter(id__gte=uuid7_at(reached - SLACK))
    return found


def _chain_of(chains: dict[int, AuditChain], entry: AuditEntry) -> AuditChain:
    owner = entry.tenant_id or INSTALLATION
    if owner not in chains:
        # Whoever comes second at this moment fails at the primary key, and finds it the next time.
        chains[owner] = AuditChain.objects.create(owner=owner, key=secrets.token_urlsafe(32))
    return chains[owner]


def _link(chain: AuditChain, entry: AuditEntry) -> AuditLink:
    chain.position += 1
    chain.digest = digest(chain.key, chain.digest, chain.position, entry)
    chain.sealed_until = max(chain.sealed_until or entry.created_at, entry.created_at)
    if not stream.is_on():
        chain.streamed = chain.position
    return AuditLink(entry=entry.id, chain=chain, position=chain.position, digest=chain.digest)


def _announce(entries: Sequence[AuditEntry]) -> None:
    """`audit.*` events, for companies that still exist."""
    owners = {entry.tenant_id for entry in entries if entry.tenant_id}
    living = set(Tenant.objects.filter(pk__in=owners).values_list("pk", flat=True))
    emit_many([event_of(entry) for entry in entries if entry.tenant_id in living])
