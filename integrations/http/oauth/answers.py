"""What the token's address answered: tokens, a refusal for good, or trouble that may pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from config.egress import UrlProblem, check_url
from integrations.http.auth import OAuth2
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from integrations.http.status import classify
from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected, TransientError
from tenants.granting import PASSING, REFUSING, is_sound_token, refusal_in_words, seconds_of

LONGEST_EXTRA = 2000


class Refused(AuthFailed):
    """Asked again in the same way they will say the same; `reason` is their word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("The outside system refuses access: %(reason)s") % {"reason": reason}, detail=reason
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens as they came. `refresh` is empty when the former one stays in force."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    extras: Mapping[str, str] = field(repr=False)


def granted(response: Response, auth: OAuth2, now: datetime, egress_allow: str) -> Granted:
    """The tokens; HubError says which kind of trouble there is instead."""
    answer = _object(response)
    if response.status in REFUSING or (response.status < 300 and "error" in answer):
        raise _refusal(response, answer)
    error = classify(response, {})
    if error is not None:
        raise error
    refresh = _token(answer, "refresh_token", needed=False)
    life = seconds_of(answer, "refresh_expires_in", "refresh_token_expires_in") or auth.refresh_days * 86400
    return Granted(
        access=_token(answer, "access_token", needed=True),
        refresh=refresh,
        expires_at=_later(now, seconds_of(answer, "expires_in")),
        refresh_expires_at=_later(now, life) if refresh and life else None,
        extras=_extras(answer, auth, egress_allow),
    )


def _object(response: Response) -> Mapping[str, Any]:
    """An answer that is no JSON comes from something in between, and says nothing about our tokens."""
    try:
        return response.json_object()
    except OutcomeUnknown as error:
        if response.status < 300:
            raise
        found = classify(response, {}) or error
        if isinstance(found, AuthFailed):
            found = RemoteRejected(
                _("Something before the outside system turned us away (HTTP %(status)d).")
                % {"status": response.status},
                detail=found.detail,
            )
        raise found from error


def _refusal(response: Response, answer: Mapping[str, Any]) -> HubError:
    reason = refusal_in_words(answer)
    if answer.get("error") in PASSING:
        return TransientError(_("The outside system is not available at the moment."), detail=reason)
    return Refused(reason or f"HTTP {response.status}")


def plain(text: str) -> str:
    """Somebody else's words, as they may be stored and shown: short, and without control characters."""
    return "".join(char for char in text[:300] if char.isprintable())


def _token(answer: Mapping[str, Any], name: str, *, needed: bool) -> str:
    found = answer.get(name)
    if not needed and found in (None, ""):
        return ""
    if not isinstance(found, str) or not is_sound_token(found):
        raise OutcomeUnknown(
            _("The outside system answered in a form that we do not know."), detail=f"no sound {name}"
        )
    return found


def _later(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _extras(answer: Mapping[str, Any], auth: OAuth2, egress_allow: str) -> dict[str, str]:
    kept = {
        name: str(answer[name])[:LONGEST_EXTRA]
        for name in auth.kept
        if isinstance(answer.get(name), str | int | float) and not isinstance(answer[name], bool)
    }
    if auth.base_url_from in kept:
        kept[auth.base_url_from] = checked_address(kept[auth.base_url_from], egress_allow)
    return kept


def checked_address(url: str, egress_allow: str) -> str:
    """An address for all calls as the outside system told it, without a slash at its end."""
    try:
        return check_url(url, egress_allow).rstrip("/")
    except UrlProblem as error:
        raise ConfigError(
            _("The outside system told an address that cannot be used: %(problem)s") % {"problem": error},
            detail=error.code,
        ) from error
