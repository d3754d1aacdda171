"""The access token of one session: the one that is known, or a new one, which one process at a time asks for.

A refresh token often works once. So exactly one asks, without a transaction open, and what came is committed before it
is used. A process that is killed between the answer and that commit loses it: then the next one is refused, and says so.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from config.masking import is_secret_name
from integrations import live as configurations
from integrations.http.auth import Grant, OAuth2
from integrations.http.bounds import Attempt
from integrations.http.errors import AccessEnded, NotConnected
from integrations.http.line import Line
from integrations.http.oauth import asking, store
from integrations.http.oauth.answers import Granted, Refused, granted
from integrations.http.recorder import Recorder
from integrations.live import Live, Token, token_of
from integrations.models import OAuthToken
from tenants.errors import HubError, TransientError

# Not the caller's budget: an answer that comes after we gave up is lost, and with it the way to the next token.
ASKING_SECONDS = 20.0
EARLY = timedelta(seconds=30)
LONGEST_WAIT = 25.0
LOOK_AGAIN = 0.05
DOUBT_LASTS = timedelta(minutes=10)


class Tokens:
    """Not shared between threads."""

    def __init__(
        self, auth: OAuth2, line: Line, live: Live, recorder: Recorder, *, is_probe: bool, left: Callable[[], float]
    ) -> None:  # fmt: skip
        self._auth, self._line, self._live, self._recorder = auth, line, live, recorder
        self._is_probe, self._left = is_probe, left
        self._token = live.token

    @property
    def extras(self) -> Mapping[str, str]:
        """What was kept beside the token."""
        return self._token.extras if self._token else {}

    def usable(self) -> Token:
        """A token that was not refused yet; NotConnected, AccessEnded, or TransientError while there is none."""
        token = self._token
        if token is None or not token.access or token.refusal or _is_over(token):
            token = self.renewed(token.version if token else 0)
        self._line.learn([token.access, *secrets_of(token.extras)])
        return token

    def may_renew(self, refused: Token) -> bool:
        """Whether a new token is worth asking for, when this one was refused."""
        doubted = refused.doubted_at
        return doubted is None or doubted < timezone.now() - DOUBT_LASTS

    def doubt(self, refused: Token) -> None:
        """The new token was refused like the former: it is not the token that is wrong."""
        if not self._live.is_draft:
            store.doubt(self._live.id, refused.version, timezone.now())
            configurations.forget(self._live.tenant_id)

    def exchange(self, form: asking.Form, operation: str, base: str = "") -> Granted:
        """Ask for tokens now, whatever is stored; noted as an exchange, masked. `base` is for accounts without settings."""
        base = self._line.base_url or base or self.extras.get(self._auth.base_url_from, "")
        outgoing = asking.outgoing(self._auth, base, self._live.credentials, form, self._live.settings)
        own = ("code", "code_verifier", "refresh_token")
        self._line.learn([form[name] for name in own if name in form])
        clock = Attempt(ASKING_SECONDS, settings.EXTERNAL_API_TIMEOUT)
        exchange = self._recorder.begin(operation, outgoing.method, 1)
        response = error = found = None
        try:
            response = self._line.transport.send(clock, outgoing)
            found = granted(response, self._auth, timezone.now(), self._live.egress_allow)
            self._line.learn([found.access, found.refresh, *secrets_of(found.extras)])
        except HubError as failure:
            error = failure
        self._recorder.note(exchange, clock, 0.0, outgoing, response, error)
        if found is not None:
            return found
        assert error is not None
        detail = self._line.masker.text(error.detail)
        if isinstance(error, Refused):
            # Their words, which are shown, may hold what we asked with.
            raise Refused(detail) from error
        error.detail = detail
        raise error

    def renewed(self, version: int) -> Token:
        """A newer token than that version: asked for here, or waited for while another worker asks."""
        if self._live.is_draft:
            return self._tried_out()
        patience = time.monotonic() + min(max(self._left(), 0.0), LONGEST_WAIT)
        while True:
            row = self._row()
            if row.version != version and row.access_token:
                return self._adopt(row)
            self._check(row)
            lease = store.claim(row, despite_pause=self._is_probe)
            if lease is not None:
                return self._renew(row, lease)
            self._wait(row, patience)

    def _row(self) -> OAuthToken:
        row = store.read(self._live.id)
        if row is None and self._auth.grant is Grant.CLIENT_CREDENTIALS:
            store.begin(self._live.id, self._live.tenant_id)
            row = store.read(self._live.id)
        if row is None:
            raise NotConnected(
                _("The account is not connected yet: press Connect on the integration's page.")
            )
        return row

    def _adopt(self, row: OAuthToken) -> Token:
        self._token = token_of(row)
        return self._token

    def _check(self, row: OAuthToken) -> None:
        """Nothing is asked that was answered for good; a person who tries it may ask once more."""
        if row.refusal and not (self._is_probe and self._form(row)):
            raise self._ended(row.refusal)
        if not self._form(row):
            raise self._ended("")

    def _form(self, row: OAuthToken) -> asking.Form | None:
        if row.refresh_token:
            return asking.for_refresh(row.refresh_token)
        return asking.for_client(self._auth) if self._auth.grant is Grant.CLIENT_CREDENTIALS else None

    def _renew(self, row: OAuthToken, lease: UUID) -> Token:
        form = self._form(row)
        assert form is not None
        try:
            new = self.exchange(form, "token")
        except Refused as error:
            store.refuse(row, lease, error.detail)
            configurations.forget(self._live.tenant_id)
            # Somebody was killed, or heard no answer, while the former token was used up.
            is_cut = row.lease is not None or row.failures > 0
            raise self._ended(error.detail, is_cut=is_cut) from error
        except HubError:
            store.hold(row, lease)
            raise
        is_kept = store.put(row, new)
        configurations.forget(self._live.tenant_id)
        # Not ours: another worker's, or the account was disconnected meanwhile.
        kept = self._row()
        if not is_kept and kept.version == row.version:
            raise TransientError(_("The access to the account is being renewed."), retry_after=1.0)
        return self._adopt(kept)

    def _wait(self, row: OAuthToken, patience: float) -> None:
        now = timezone.now()
        if row.lease is None and row.lease_until is not None and row.lease_until > now:
            raise TransientError(
                _("The access to the account could not be renewed; we try again shortly."),
                detail=f"{row.failures} failures in a row",
                retry_after=(row.lease_until - now).total_seconds(),
            )
        if time.monotonic() >= patience:
            raise TransientError(_("The access to the account is being renewed."), retry_after=1.0)
        time.sleep(LOOK_AGAIN)

    def _ended(self, reason: str, *, is_cut: bool = False) -> AccessEnded:
        if self._auth.grant is Grant.CLIENT_CREDENTIALS:
            text = _("The outside system refused the client id and the client secret: enter valid ones.")
        elif is_cut:
            text = _(
                "The renewal of the access was interrupted, and the former one is not accepted any more: connect the account again."
            )
        else:
            text = _("The outside system has ended our access: connect the account again.")
        return AccessEnded(text, detail=reason)

    def _tried_out(self) -> Token:
        """For values that are not saved yet: nothing is kept."""
        if self._auth.grant is not Grant.CLIENT_CREDENTIALS:
            raise NotConnected(_("Save it first, then press Connect: the account can be tried after that."))
        if self._token is not None and self._token.access:
            raise self._ended("")
        new = self.exchange(asking.for_client(self._auth), "token")
        self._token = Token(1, new.access, new.extras, new.expires_at, timezone.now())
        return self._token


def secrets_of(extras: Mapping[str, str]) -> list[str]:
    """What must not be shown of what is kept beside a token; addresses and names of accounts may be."""
    return [value for name, value in extras.items() if is_secret_name(name)]


def _is_over(token: Token) -> bool:
    """A little early, so that it does not run out on its way; less so for one that lives for seconds only."""
    if token.expires_at is None:
        return False
    life = token.expires_at - (token.renewed_at or token.expires_at)
    return token.expires_at - min(EARLY, life / 10) <= timezone.now()
