"""An upload to an address of somebody's own: the file is the body of one PUT or POST."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from exports.destinations.base import PROBE, Destination, OutgoingFile, Receipt, Slice, probe_name
from exports.destinations.web import Web, login_header, refusal


class HttpDestination(Destination):
    """Settings and credentials as HttpForm has cleaned them. What is half received, the receiver has to throw away."""

    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str], extra: str) -> None:
        self._template, self._method = str(settings["url"]), str(settings["method"])
        self._login = login_header(settings, credentials)
        self._extra = extra

    def send(self, file: OutgoingFile, name: str) -> Receipt:
        url = self._address(name)
        headers = {
            "Content-Type": file.content_type,
            "Content-Digest": f"sha-256=:{b64encode(bytes.fromhex(file.sha256)).decode('ascii')}:",
            "Idempotency-Key": str(file.id),
        }
        with file.open() as body:
            self._ask(url, name, headers, body)
        return Receipt(url.partition("?")[0], file.size)

    def check(self) -> str:
        name = probe_name()
        self._ask(self._address(name), name, {"Content-Type": "text/plain"}, PROBE)
        return _("It works: the small file %(name)s was taken. Remove it there.") % {"name": name}

    def _address(self, name: str) -> str:
        return self._template.replace("{name}", quote(name, safe=""))

    def _ask(self, url: str, name: str, headers: Mapping[str, str], body: bytes | Slice) -> None:
        disposition = str(content_disposition_header(True, name))
        web = Web(self._extra)
        try:
            told = {**self._login, **headers, "Content-Disposition": disposition}
            answer = web.ask(self._method, url, told, body)
        finally:
            web.close()
        if not answer.is_ok:
            raise refusal(answer)
