"""Where sessions live (SESSION_ENGINE): a stolen database holds neither a cookie that works nor what a session knows."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config import keyring
from tenants.addresses import parse_address
from tenants.models import User
from tenants.signin.models import Session

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
CONTEXT = "signin.Session.session_data"
CLIENT = "_client"  # where the session was begun, told by `note_client`
SEEN_STEP = timedelta(minutes=1)  # how exact "last seen" is; finer would cost a write a request


def stored_key(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class SessionStore(DatabaseStore):
    """Django's own, with the key hashed and the data sealed in the table, and columns that people can read."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_FACTORS)
        # One query for all that the door asks: whose it is, and whether they have a second factor.
        rows = Session.objects.select_related("user").annotate(has_second_factor=Exists(factors))
        found = rows.filter(
            session_key=stored_key(self.session_key or ""), expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        self.row = found
        return found

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The former row's times stay; a new key (at sign-in) begins a new row."""
        key = stored_key(self._get_or_create_session_key())  # type: ignore[attr-defined]
        client = data.get(CLIENT, {})
        kept = self.row if self.row is not None and self.row.session_key == key else None
        self.row = Session(
            session_key=key,
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(USER_KEY),
            tenant_id=(kept.tenant_id if kept else None) or client.get("tenant"),
            address=client.get("address"),
            user_agent=client.get("user_agent", ""),
            created_at=kept.created_at if kept else timezone.now(),
            seen_at=timezone.now(),
        )
        return self.row

    def delete(self, session_key: str | None = None) -> None:
        session_key = session_key or self.session_key
        if session_key is not None:
            Session.objects.filter(session_key=stored_key(session_key)).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        return keyring.seal(self.serializer().dumps(session_dict), CONTEXT)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Empty when no key of the ring opens it: the person signs in again."""
        try:
            plain: dict[str, Any] = self.serializer().loads(keyring.open_(str(session_data), CONTEXT))
        except keyring.Unreadable:
            return {}
        return plain


def has_second_factor(session: Any, user: User) -> bool:
    """Of the person whose session it is; a session that has just begun does not know yet."""
    known = getattr(getattr(session, "row", None), "has_second_factor", None)
    if known is not None:
        return bool(known)
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()


def note_client(request: HttpRequest, tenant_id: int | None) -> None:
    """Remember from where, by which program and for which company this session was begun; the list of sessions shows it."""
    address = parse_address(request.META.get("REMOTE_ADDR"))
    request.session[CLIENT] = {
        "address": str(address) if address else None,
        "tenant": tenant_id,
        "user_agent": request.headers.get("User-Agent", "")[:300].replace("\x00", ""),
    }


def idle_limit(minutes: int | None) -> timedelta:
    """The installation's, or the company's where that is shorter."""
    limit: int = settings.SESSION_IDLE_MINUTES
    return timedelta(minutes=min(limit, minutes or limit))


def is_over(row: Session, idle: timedelta, now: datetime) -> bool:
    return now - row.seen_at > idle or now - row.created_at > timedelta(seconds=settings.SESSION_COOKIE_AGE)


def touch(row: Session, tenant_id: int | None, now: datetime) -> None:
    """Note that the session is in use, at most once a minute unless the person went to another company."""
    if now - row.seen_at > SEEN_STEP or (row.tenant_id is not None and row.tenant_id != tenant_id):
        row.seen_at, row.tenant_id = now, tenant_id
        Session.objects.filter(pk=row.pk).update(seen_at=now, tenant_id=tenant_id)


def live_sessions(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


def end_sessions(user: User, *, keep: HttpRequest | None = None) -> int:
    """Sign the person out everywhere, except in the session of the request that is given; the number of ended ones."""
    ended = Session.objects.filter(user=user)
    if keep is not None and keep.session.session_key:
        ended = ended.exclude(pk=stored_key(keep.session.session_key))
    return ended.delete()[0]
