"""S3-compatible storages: signed requests through the egress gate; large files in parts, of which few bytes are held at a time."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final
from xml.sax.saxutils import escape, unescape

from django.utils.translation import gettext as _

from config.egress.s3 import Bucket
from exports.destinations.base import PROBE, Destination, OutgoingFile, Receipt, Slice, probe_name
from exports.destinations.failures import NotSent
from exports.destinations.web import Answer, Web, refusal

# From this size on in parts; 5 MiB is the smallest part and 10,000 are the most that S3 takes.
PART: Final = 16 * 1024 * 1024
MOST_PARTS: Final = 10_000
HASH: Final = "x-amz-meta-sha256"
_BY_CODE: Final[Mapping[str, str]] = {
    "NoSuchBucket": "bucket_missing",
    "InvalidBucketName": "bucket_missing",
    "InvalidAccessKeyId": "refused",
    "SignatureDoesNotMatch": "refused",
    "AccessDenied": "forbidden",
    "AllAccessDisabled": "forbidden",
    "RequestTimeTooSkewed": "clock",
    "AuthorizationHeaderMalformed": "region",
    "PermanentRedirect": "region",
    "TemporaryRedirect": "busy",
    "EntityTooLarge": "too_large",
    "QuotaExceeded": "full",
    "XMinioStorageFull": "full",
    "SlowDown": "busy",
    "RequestTimeout": "broken",
}


class S3Destination(Destination):
    """Settings and credentials as S3Form has cleaned them."""

    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str], extra: str) -> None:
        self._bucket = Bucket(
            settings["endpoint"],
            settings["bucket"],
            settings["key_id"],
            credentials.get("secret_key", ""),
            settings.get("region") or "",
            is_path_style=bool(settings.get("path_style", True)),
        )
        self._name, self._extra = settings["bucket"], extra
        self._prefix = [part for part in str(settings.get("prefix") or "").split("/") if part]
        self._may_replace = settings.get("existing") != "refuse"

    def send(self, file: OutgoingFile, name: str) -> Receipt:
        key = "/".join((*self._prefix, name))
        with self._open() as web:
            if not self._is_there(web, key, file):
                if file.size > PART:
                    Parts(self, web, key).send(file)
                else:
                    with file.open() as body:
                        self.ask(web, "PUT", key, body, _headers(file))
        return Receipt(f"s3://{self._name}/{key}", file.size)

    def check(self) -> str:
        key = "/".join((*self._prefix, probe_name()))
        with self._open() as web:
            self.ask(web, "PUT", key, PROBE, {"Content-Type": "text/plain"})
            self.ask(web, "DELETE", key)
        words = {"place": "/".join((self._name, *self._prefix))}
        return _("It works: a small object was written to %(place)s and removed again.") % words

    def ask(
        self,
        web: Web,
        method: str,
        key: str,
        body: bytes | Slice = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """A success's answer. NotSent."""
        answer = self._answer(web, method, key, body, headers, query)
        # Putting parts together is answered with 200 before it is done, and may fail after that.
        if not answer.is_ok or "<Error>" in answer.text:
            raise _refusal(answer)
        return answer

    def _answer(
        self,
        web: Web,
        method: str,
        key: str,
        body: bytes | Slice = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        url = self._bucket.address(key, query)
        return web.ask(method, url, self._bucket.signed(method, url, headers or {}, body), body)

    def _is_there(self, web: Web, key: str, file: OutgoingFile) -> bool:
        """Whether our very file is there already, as its own note of the checksum says; NotSent when another one may not be replaced."""
        answer = self._answer(web, "HEAD", key)
        if not answer.is_ok:
            # 403: keys that may write and not read.
            if answer.status != HTTPStatus.NOT_FOUND and not self._may_replace:
                raise refusal(answer)
            return False
        found = {name.lower(): value for name, value in answer.headers.items()}
        if found.get(HASH) == file.sha256 and found.get("content-length") == str(file.size):
            return True
        if not self._may_replace:
            raise NotSent("name_exists")
        return False

    @contextmanager
    def _open(self) -> Iterator[Web]:
        web = Web(self._extra)
        try:
            yield web
        finally:
            web.close()


class Parts:
    """One object that is sent in parts. Nobody sees it before all of them are put together."""

    def __init__(self, place: S3Destination, web: Web, key: str) -> None:
        self._place, self._web, self._key = place, web, key

    def send(self, file: OutgoingFile) -> None:
        self._clear_former()
        begun = self._place.ask(self._web, "POST", self._key, b"", _headers(file), {"uploads": ""})
        upload = _between(begun.text, "UploadId")[0]
        try:
            self._finish(upload, list(self._tags(upload, file)))
        except BaseException:
            self._forget(upload)
            raise

    def _tags(self, upload: str, file: OutgoingFile) -> Iterator[str]:
        length = max(PART, -(-file.size // MOST_PARTS))
        for number, first in enumerate(range(0, file.size, length), 1):
            query = {"partNumber": str(number), "uploadId": upload}
            with file.part(first, min(length, file.size - first)) as body:
                answer = self._place.ask(self._web, "PUT", self._key, body, None, query)
            yield next(value for name, value in answer.headers.items() if name.lower() == "etag")

    def _finish(self, upload: str, tags: list[str]) -> None:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
            for number, tag in enumerate(tags, 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        self._place.ask(self._web, "POST", self._key, body, None, {"uploadId": upload})

    def _clear_former(self) -> None:
        """Parts of an attempt whose worker was killed cost money until somebody forgets them."""
        try:
            found = self._place.ask(
                self._web, "GET", "", b"", None, {"prefix": self._key, "uploads": ""}
            ).text
        except NotSent:
            return  # keys that may not list; the storage's own rules clear up
        for upload in _between(found, "Upload"):
            if _between(upload, "Key") == [self._key]:
                self._forget(_between(upload, "UploadId")[0])

    def _forget(self, upload: str) -> None:
        """As well as it goes: what went wrong before is what people are told."""
        try:
            self._place.ask(self._web, "DELETE", self._key, b"", None, {"uploadId": upload})
        except NotSent:
            return


def _headers(file: OutgoingFile) -> dict[str, str]:
    return {"Content-Type": file.content_type, HASH: file.sha256}


def _refusal(answer: Answer) -> NotSent:
    """S3 has a word for what happened; the status says less."""
    found = _between(answer.text, "Code")
    code = _BY_CODE.get(found[0]) if found else None
    if code is not None:
        return NotSent(code, found[0], status=found[0])
    return refusal(answer, {301: "region", 307: "busy", 404: "bucket_missing"})


def _between(text: str, tag: str) -> list[str]:
    """Contents of the elements of that name. Enough for the few flat answers that are read here."""
    return [unescape(found) for found in re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)]
