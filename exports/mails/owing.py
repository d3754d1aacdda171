"""Owe people a mail, in the transaction of its cause."""

from collections.abc import Iterable
from typing import Final

from exports.models import Export, ExportLetter, ExportSchedule, Occasion
from exports.schedules.recipients import members_of
from tenants.mail import can_mail
from tenants.models import Member
from tenants.scoping import tenant_scope
from tenants.work import enqueue

LANE: Final = "exports.letters"


def owe_letters(
    tenant_id: int,
    users: Iterable[int],
    occasion: Occasion,
    *,
    export: Export | None = None,
    schedule: ExportSchedule | None = None,
    reason: str = "",
) -> int:
    """How many; none where the installation has no mail server."""
    if not can_mail():
        return 0
    letters = [
        ExportLetter(
            tenant_id=tenant_id,
            user_id=user,
            occasion=occasion,
            export=export,
            schedule=schedule,
            reason=reason,
        )
        for user in sorted(set(users))
    ]
    ExportLetter.objects.bulk_create(letters)
    enqueue(LANE, [(one.pk, tenant_id, str(one.user_id), None) for one in letters])
    return len(letters)


def owe_links(export: Export) -> int:
    """To everybody who was to be told, and still belongs to the company."""
    if not export.recipients:
        return 0
    with tenant_scope(export.tenant_id):
        people = [one.user_id for one in members_of(export.recipients)]
        return owe_letters(export.tenant_id, people, Occasion.READY, export=export)


def people_of(member: Member | None) -> list[int]:
    """The person behind a membership, where one is left who can be reached."""
    if member is None or not member.is_active or not member.user.is_active or not member.user.email:
        return []
    return [member.user_id]
