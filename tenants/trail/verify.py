"""Checks the chains: says which entries were removed or changed, or that a chain was cut."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from config.ids import uuid7_at
from tenants.events import emit
from tenants.models import AuditChain, AuditEntry, AuditLink, Tenant
from tenants.scoping import all_tenants
from tenants.trail import triggers
from tenants.trail.entries import INSTALLATION, entries_of
from tenants.trail.retention import PRUNED
from tenants.trail.seal import digest, unsealed

BATCH: Final = 1000
LONGEST_FINDING: Final = 2000
LATE: Final = timedelta(hours=2)
ANCHORED: Final = "audit.anchored"


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that must not be; `owner` is the company's number in the database, 0 for the installation."""

    owner: int
    what: str

    def __str__(self) -> str:
        return f"chain {self.owner}: {self.what}"


@dataclass(slots=True)
class _Check:
    """One walk along one chain."""

    chain: AuditChain
    start: AuditLink | None = None
    last: AuditLink | None = None
    explained: bool = False


def verify_trails(owners: list[int] | None = None) -> list[Damage]:
    """Everything that is wrong with the chains of those owners, or of all; the result is kept for the admin to show."""
    with all_tenants():
        chains = AuditChain.objects.order_by("owner")
        found = [Damage(INSTALLATION, f"the trigger {name} is missing") for name in triggers.missing()]
        for chain in chains if owners is None else chains.filter(owner__in=owners):
            own = list(_verify(chain))
            found += own
            finding = "\n".join(damage.what for damage in own)
            with transaction.atomic():
                AuditChain.objects.filter(pk=chain.pk).update(verified_at=timezone.now(), finding=finding)
                if finding:
                    _tell(chain, finding)
        if owners is None:
            found += _lost_chains()
            found += _late()
    return found


def _tell(chain: AuditChain, finding: str) -> None:
    """Once for each finding, to the company whose trail it is."""
    if chain.owner == INSTALLATION or not Tenant.objects.filter(pk=chain.owner).exists():
        return
    data = {"kind": "audit_tampered", "message": finding[:LONGEST_FINDING], "severity": "critical"}
    key = f"security.violation:trail:{hashlib.sha256(finding.encode()).hexdigest()}"
    emit(chain.owner, "security.violation", data, key=key)


def _verify(chain: AuditChain) -> Iterator[Damage]:
    check = _Check(chain)
    for link, entry in _links(chain):
        yield from _step(check, link, entry)
    last = check.last.position if check.last else 0
    if (last, check.last.digest if check.last else "") != (chain.position, chain.digest):
        yield Damage(chain.owner, f"the chain says {chain.position} entries, its links end at {last}")
    if check.start is not None and check.start.position > 1 and not check.explained:
        yield Damage(chain.owner, f"entries up to {check.start.position - 1} are gone and no pruning says so")


def _links(chain: AuditChain) -> Iterator[tuple[AuditLink, AuditEntry | None]]:
    reached = 0
    while True:
        links = list(AuditLink.objects.filter(chain=chain, position__gt=reached).order_by("position")[:BATCH])
        if not links:
            return
        entries = AuditEntry._base_manager.in_bulk([link.entry for link in links])
        for link in links:
            yield link, entries.get(link.entry)
        reached = links[-1].position


def _step(check: _Check, link: AuditLink, entry: AuditEntry | None) -> Iterator[Damage]:
    owner, previous = check.chain.owner, check.last
    check.last = link
    if check.start is None:
        check.start = link
    if previous is not None and link.position != previous.position + 1:
        yield Damage(owner, f"links {previous.position + 1} to {link.position - 1} are gone")
        return
    before: str | None = previous.digest if previous else ""
    if previous is None and link.position > 1:
        # The link before it was pruned; a later entry of the chain tells its digest.
        before = _pruned(check, link.position - 1)
        check.explained = before is not None
    if entry is None:
        yield Damage(owner, f"entry {link.position} ({link.entry}) was removed")
        return
    if before is None:
        return
    is_owners = (entry.tenant_id or INSTALLATION) == owner
    if not is_owners or digest(check.chain.key, before, link.position, entry) != link.digest:
        yield Damage(owner, f"entry {link.position} ({link.entry}) was changed")


def _pruned(check: _Check, position: int) -> str | None:
    """The digest of the last pruned link, by the entry that the pruning left. The walk checks that entry itself."""
    entries = entries_of(check.chain.owner).filter(action=PRUNED)
    for entry in entries.order_by("-id"):
        if entry.after.get("position") == position and AuditLink.objects.filter(entry=entry.id).exists():
            return str(entry.after["seal"])
    return None


def anchors() -> dict[str, list[object]]:
    """Where every chain stands: kept once a day in the installation's own chain, so that a lost chain shows."""
    return {
        str(chain.owner): [chain.position, chain.digest] for chain in AuditChain.objects.order_by("owner")
    }


def _lost_chains() -> Iterator[Damage]:
    newest = entries_of(INSTALLATION).filter(action=ANCHORED).order_by("-id").first()
    for owner, (position, known) in (newest.after if newest else {}).items():
        link = AuditLink.objects.filter(chain_id=int(owner), position=position).first()
        lowest = AuditLink.objects.filter(chain_id=int(owner)).order_by("position").first()
        was_pruned = lowest is not None and lowest.position > position
        if not was_pruned and (link is None or link.digest != known):
            yield Damage(int(owner), f"the chain no longer holds what it held at entry {position}")


def _late() -> Iterator[Damage]:
    late = unsealed().filter(id__lt=uuid7_at(timezone.now() - LATE))
    count = late.count()
    if count:
        yield Damage(INSTALLATION, f"{count} entries were never sealed, the oldest is {late[0].id}")
