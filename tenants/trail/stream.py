"""The trail's copy outside of the database: a JSON line for each sealed entry, by `AUDIT_LOG`.

`-` is standard output, `file:///var/log/switchboard/audit.jsonl` a file (it may be rotated), `syslog:///dev/log`,
`syslog://host:514` (UDP) and `syslog+tcp://host:601` a log server. Each line carries place and digest of its entry in
the chain, so the copy proves what the database held. After a crash or a log server's absence the last lines may come
twice; none is left out.
"""

import json
import logging
import logging.handlers
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F

from tenants.models import AuditChain, AuditEntry, AuditLink
from tenants.scoping import all_tenants

log = logging.getLogger(__name__)
BATCH: Final = 500


class _Failing:
    """Mixed into handlers: a line that could not be written is an error here, not a note on standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 the library's name
        error = sys.exc_info()[1]
        raise OSError("the audit log cannot be written") from error


class _Stream(_Failing, logging.StreamHandler):
    pass


class _File(_Failing, logging.handlers.WatchedFileHandler):
    pass


class _Syslog(_Failing, logging.handlers.SysLogHandler):
    append_nul = False
    ident = "switchboard-audit: "


def _syslog(parts: SplitResult) -> logging.Handler:
    kind = socket.SOCK_STREAM if parts.scheme == "syslog+tcp" else socket.SOCK_DGRAM
    address = (parts.hostname, parts.port or 514) if parts.hostname else parts.path
    handler = _Syslog(address, facility=logging.handlers.SysLogHandler.LOG_AUTHPRIV, socktype=kind)
    if kind == socket.SOCK_STREAM:
        handler.setFormatter(logging.Formatter("%(message)s\n"))
    return handler


_TARGETS: Final[dict[str, Callable[[SplitResult], logging.Handler]]] = {
    "": lambda parts: _Stream(sys.stdout),
    "file": lambda parts: _File(parts.path, encoding="utf-8"),
    "syslog": _syslog,
    "syslog+tcp": _syslog,
}


def is_on() -> bool:
    return bool(settings.AUDIT_LOG)


def check(target: str) -> None:
    """ImproperlyConfigured when that is no target."""
    parts = urlsplit(target)
    if target not in ("", "-") and (
        parts.scheme not in _TARGETS or not parts.scheme or not (parts.hostname or parts.path)
    ):
        raise ImproperlyConfigured(f"AUDIT_LOG: {target!r} is none of -, file://, syslog://, syslog+tcp://")


_open: dict[str, logging.Handler] = {}


def _handler(target: str) -> logging.Handler:
    if target not in _open:
        check(target)
        close()
        parts = urlsplit("" if target == "-" else target)
        _open[target] = _TARGETS[parts.scheme](parts)
    return _open[target]


def close() -> None:
    """Let go of the target; the next line opens it again."""
    for handler in _open.values():
        handler.close()
    _open.clear()


def write_stream() -> int:
    """Write what was sealed since the last time; how many lines. OSError when the target does not take them."""
    if not is_on():
        return 0
    count = 0
    with all_tenants():
        for chain in AuditChain.objects.filter(position__gt=F("streamed")).order_by("owner"):
            for last, lines in _batches(chain):
                for line in lines:
                    _write(line)
                AuditChain.objects.filter(pk=chain.pk, streamed__lt=last).update(streamed=last)
                count += len(lines)
    return count


def _batches(chain: AuditChain) -> Iterator[tuple[int, list[str]]]:
    reached = chain.streamed
    while True:
        links = list(AuditLink.objects.filter(chain=chain, position__gt=reached).order_by("position")[:BATCH])
        if not links:
            return
        entries = AuditEntry._base_manager.in_bulk([link.entry for link in links])
        reached = links[-1].position
        yield reached, [_line(link, entries.get(link.entry)) for link in links]


def _line(link: AuditLink, entry: AuditEntry | None) -> str:
    told: dict[str, Any] = {"chain": link.chain_id, "position": link.position, "digest": link.digest}
    if entry is None:
        told |= {"id": link.entry, "removed": True}
    else:
        names = (field.attname for field in AuditEntry._meta.concrete_fields)
        told |= {name: getattr(entry, name) for name in names}
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)


def _write(line: str) -> None:
    handler = _handler(settings.AUDIT_LOG)
    handler.handle(logging.LogRecord("audit", logging.INFO, "", 0, line, None, None))
