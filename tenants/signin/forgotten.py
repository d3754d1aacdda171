"""A forgotten password: who asked is looked up by a worker, and a link that is mailed sets a new one, once.

The page answers everybody alike and looks nobody up. Limits: requests by address (throttle.py), and for each account as
many live links as MOST_LINKS: whoever is told no more has a link that works.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.addresses import parse_address
from tenants.errors import ConfigError
from tenants.ids import uuid7
from tenants.mail import can_mail
from tenants.models import User
from tenants.models.api_key import digest
from tenants.names import name_key
from tenants.signin import trail
from tenants.signin.letters import LINK_LASTS, is_too_late, mark_of, owe_letter
from tenants.signin.models import Failures, ForgottenPassword, Letter, LetterKind
from tenants.signin.people import is_admitted
from tenants.signin.sessions import end_sessions
from tenants.work import enqueue

LANE: Final = "people.forgotten"
MOST_LINKS: Final = 3
MOST_ACCOUNTS: Final = 5  # of one address
KEPT: Final = timedelta(days=1)
SHOWN_OF_A_STRANGER: Final = 2


@transaction.atomic
def ask_for_link(typed: str, address: str | None) -> None:
    """Note that somebody wants a new password. The same work, whoever it is."""
    parsed = parse_address(address)
    row = ForgottenPassword.objects.create(id=uuid7(), typed=typed, address=str(parsed) if parsed else None)
    enqueue(LANE, [(row.id, None, "", None)])


@transaction.atomic
def answer_request(row: ForgottenPassword) -> int:
    """Owe a link to whom the request means; to how many accounts. What was typed is forgotten."""
    people = _meant_by(row.typed)
    count = 0
    with audit.acting(audit.Actor("anonymous", "person", row.address)):
        for user in people:
            refusal = _refusal(user)
            letter = None if refusal else owe_letter(user, LetterKind.PASSWORD_LINK)
            count += letter is not None
            trail.record(user, "password.reset_requested", is_mailed=letter is not None, reason=refusal)
        if not people:
            audit.record("password.reset_requested", after={"typed": f"{row.typed[:SHOWN_OF_A_STRANGER]}…"})
    row.delete()
    return count


def _meant_by(typed: str) -> list[User]:
    """By user name or address. Locked, so that two requests at once do not both find room for a link."""
    found = User.objects.filter(Q(username_key=name_key(typed)) | Q(email__iexact=typed.strip()))
    return list(found.select_for_update().order_by("pk")[:MOST_ACCOUNTS])


def _refusal(user: User) -> str:
    """Why no link goes to that account, for the audit trail; empty where one does."""
    if not user.email:
        return "no address"
    if not can_mail():
        return "no mail server"
    if user.is_superuser:
        # Whoever reads an operator's mail would hold every company.
        return "operator"
    if not user.has_usable_password():
        return "signs in at another system"
    if not is_admitted(user):
        return "no company"
    return "enough links" if _live_links(user) >= MOST_LINKS else ""


def _live_links(user: User) -> int:
    since = timezone.now() - LINK_LASTS
    links = Letter.objects.filter(user=user, kind=LetterKind.PASSWORD_LINK, created_at__gt=since)
    return links.filter(used_at=None, mark=mark_of(user)).count()


def find_link(token: str) -> Letter | None:
    """The link, unless it was used, is too old, or its account has changed since."""
    letter = Letter.objects.filter(digest=digest(token)).select_related("user").first()
    if letter is None or letter.used_at is not None or is_too_late(letter):
        return None
    user = letter.user
    return letter if not user.is_superuser and is_admitted(user) and letter.mark == mark_of(user) else None


@transaction.atomic
def set_password(letter: Letter, password: str, address: str | None) -> None:
    """Use the link up. All sessions end, waits for wrong passwords too; the second factor stays as it is."""
    user = User.objects.select_for_update().get(pk=letter.user_id)
    unused = Letter.objects.filter(pk=letter.pk, used_at=None, mark=mark_of(user))
    if not unused.update(used_at=timezone.now()):
        raise ConfigError(_("This link was used already."))
    with audit.acting(audit.Actor(user.get_username(), "person", address)):
        user.set_password(password)
        user.save(update_fields=["password"])
        ended = end_sessions(user)
        Failures.objects.filter(user=user).exclude(way="code").delete()
        trail.record(user, "password.reset", by="link", ended_sessions=ended)
    owe_letter(user, LetterKind.PASSWORD_CHANGED)


def forget_letters() -> None:
    """Old links and notices; the trail knows of them."""
    Letter.objects.filter(created_at__lt=timezone.now() - KEPT - LINK_LASTS).delete()
