"""What sending needs of an endpoint, decrypted and prepared, remembered until the endpoint changes."""

import logging
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.keyring import Unreadable
from config.masking import MASK
from webhooks import limits
from webhooks.flow.settings import Limits, limits_of
from webhooks.formats import FORMATS
from webhooks.headers import masked_lines
from webhooks.models import Endpoint, EndpointSecret, OnFailure
from webhooks.proof.logins import Client, client_of, fixed_line
from webhooks.proof.ways import way_of
from webhooks.retries import schedule_of
from webhooks.schemes import Sign, scheme_of
from webhooks.sender import Way
from webhooks.signing import BadSecret

logger = logging.getLogger(__name__)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint ready to be sent to. `keys` are (key, Unix time of expiry or None), newest first."""

    revision: uuid.UUID
    url: str
    host: str
    headers: list[str]
    shown_headers: str
    timeout_ms: int
    sign: Sign
    gone: frozenset[int]
    schedule: tuple[float, ...] | None
    keys: list[tuple[bytes, float | None]]
    limits: Limits
    batch_size: int
    is_blocking: bool
    client: Client | None = None
    way: Way | None = None

    @property
    def is_limited(self) -> bool:
        return self.limits.are_there

    def live_keys(self, now: float) -> list[bytes]:
        return [key for key, expires in self.keys if expires is None or expires > now]


class Targets:
    """Prepared endpoints by id. The caller brings the revision it has just read, so a copy is never outdated."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, Target] = {}

    def get(self, revisions: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, Target]:
        """Targets by endpoint id; endpoints whose secrets cannot be read are left out and logged."""
        stale = [id_ for id_, revision in revisions.items() if not self._has(id_, revision)]
        if stale:
            if len(self._known) + len(stale) > MOST_REMEMBERED:
                self._known.clear()
                stale = list(revisions)
            self._load(stale)
        return {id_: self._known[id_] for id_ in revisions if id_ in self._known}

    def _has(self, id_: uuid.UUID, revision: uuid.UUID) -> bool:
        known = self._known.get(id_)
        return known is not None and known.revision == revision

    def _load(self, ids: Iterable[uuid.UUID]) -> None:
        wanted = list(ids)
        for id_ in wanted:
            self._known.pop(id_, None)
        try:
            found = list(Endpoint.objects.filter(id__in=wanted))
        except Unreadable:
            # One that does not open must stop no other: alone, each tells of itself.
            if len(wanted) > 1:
                for id_ in wanted:
                    self._load([id_])
            else:
                logger.exception("endpoint %s: a secret cannot be read", wanted[0])
            return
        for endpoint in found:
            try:
                self._known[endpoint.id] = _prepared(endpoint)
            except (Unreadable, BadSecret):
                logger.exception("endpoint %s: a secret cannot be read", endpoint.id)


def _prepared(endpoint: Endpoint) -> Target:
    parts = urlsplit(endpoint.url)
    headers = [f"{name}: {value}" for name, value in endpoint.headers.items()]
    headers += filter(None, [fixed_line(endpoint.auth)])
    shown = masked_lines(headers)
    kind = FORMATS[endpoint.format]
    scheme = scheme_of({"scheme": "none"} if kind.is_chat else endpoint.signing)
    secrets = list(EndpointSecret.objects.filter(endpoint=endpoint).order_by("-id"))
    keys = [
        (scheme.key_of(row.secret), row.expires_at.timestamp() if row.expires_at else None) for row in secrets
    ]
    if scheme.fixed is not None and secrets:
        headers.append(scheme.fixed(secrets[0].secret))
        shown = "\n".join(filter(None, (shown, f"{scheme.fixed_name}: {MASK}")))
    return Target(
        revision=endpoint.revision,
        url=endpoint.url,
        host=f"{parts.scheme}://{parts.netloc}",
        headers=headers,
        shown_headers=shown,
        timeout_ms=int((endpoint.timeout or limits.timeout()) * 1000),
        sign=scheme.sign,
        gone=kind.gone,
        schedule=schedule_of(endpoint.retries),
        keys=[(key, expires) for key, expires in keys if expires is None or expires > time.time()],
        client=client_of(endpoint.auth),
        way=way_of(endpoint),
        limits=limits_of(endpoint),
        batch_size=endpoint.batch_size,
        is_blocking=endpoint.on_failure == OnFailure.BLOCK,
    )
