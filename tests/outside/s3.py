"""A storage that is written to: objects, uploads in parts, and the refusals that S3 has words for."""

import hashlib
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from tests.outside.files import Files, Storage

SMALLEST_PART = 5 * 1024 * 1024


class Objects(Files):
    """`server.files` by path `/bucket/key`; `server.metas` their headers."""

    def do_PUT(self) -> None:
        self._written(lambda body: self._part(body) if "uploadId" in self._query else self._object(body))

    def do_POST(self) -> None:
        self._written(lambda body: self._begun() if "uploads" in self._query else self._together(body))

    def do_DELETE(self) -> None:
        self._written(lambda _body: self._removed())

    def do_GET(self) -> None:
        if "uploads" in self._query:
            self._written(lambda _body: self._listed())
        else:
            super().do_GET()

    @property
    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    @property
    def _query(self) -> dict[str, str]:
        found = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    def _written(self, act: Any) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        status = self.server.refuses(self)
        if status:
            self._refuse(status, "SignatureDoesNotMatch")
        elif self.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            self._refuse(400, "XAmzContentSHA256Mismatch")
        elif self._path.split("/")[1] != self.server.bucket:
            self._refuse(404, "NoSuchBucket")
        elif self.server.trouble:
            self._refuse(*self.server.trouble)
        else:
            act(body)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, {}, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode())

    def _answer(self, *, has_body: bool) -> None:
        self.extra = self.server.metas.get(self._path, {})
        super()._answer(has_body=has_body)

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, has_body: bool = True) -> None:
        super()._send(status, {**getattr(self, "extra", {}), **headers}, body, has_body=has_body)

    def _object(self, body: bytes) -> None:
        self._keep(self._path, body, self._meta())
        self._send(200, {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}, b"")

    def _keep(self, path: str, body: bytes, meta: dict[str, str]) -> None:
        self.server.files[path], self.server.metas[path] = body, meta

    def _meta(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower().startswith("x-amz-meta-")}

    def _begun(self) -> None:
        upload = f"upload/{len(self.server.begun)}&"
        self.server.begun.append(upload)
        self.server.uploads[upload] = (self._path, self._meta(), {})
        told = upload.replace("&", "&amp;")
        self._send(200, {}, f"<R><UploadId>{told}</UploadId></R>".encode())

    def _part(self, body: bytes) -> None:
        found = self.server.uploads.get(self._query["uploadId"])
        if found is None:
            self._refuse(404, "NoSuchUpload")
            return
        found[2][int(self._query["partNumber"])] = body
        self._send(200, {"ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}, b"")

    def _together(self, body: bytes) -> None:
        path, meta, parts = self.server.uploads[self._query["uploadId"]]
        named = [
            (int(part.findtext("PartNumber") or 0), part.findtext("ETag"))
            for part in ElementTree.fromstring(body)
        ]
        tags = [
            (number, f'"{hashlib.md5(part, usedforsecurity=False).hexdigest()}"')
            for number, part in sorted(parts.items())
        ]
        small = [number for number, part in parts.items() if len(part) < SMALLEST_PART]
        if named != tags or any(number != max(parts) for number in small):
            # As S3 does: the status went out before the work began.
            self._send(200, {}, b"<?xml version='1.0'?><Error><Code>InvalidPart</Code></Error>")
            return
        self._keep(path, b"".join(part for _number, part in sorted(parts.items())), meta)
        del self.server.uploads[self._query["uploadId"]]
        self._send(200, {}, b"<R><ETag>x</ETag></R>")

    def _listed(self) -> None:
        prefix = f"/{self.server.bucket}/{self._query.get('prefix', '')}"
        found = "".join(
            f"<Upload><Key>{path.split('/', 2)[2]}</Key><UploadId>{upload.replace('&', '&amp;')}</UploadId></Upload>"
            for upload, (path, _meta, _parts) in self.server.uploads.items()
            if path.startswith(prefix)
        )
        self._send(200, {}, f"<R>{found}</R>".encode())

    def _removed(self) -> None:
        if "uploadId" in self._query:
            self.server.uploads.pop(self._query["uploadId"], None)
        else:
            self.server.files.pop(self._path, None)
        self._send(204, {}, b"")


class ObjectStorage(Storage):
    """`trouble`: a status and S3's word for it, answered to whatever is written."""

    handler: ClassVar[Any] = Objects

    def __init__(self, bucket: str) -> None:
        super().__init__({})
        self.bucket = bucket
        self.metas: dict[str, dict[str, str]] = {}
        self.uploads: dict[str, tuple[str, dict[str, str], dict[int, bytes]]] = {}
        self.begun: list[str] = []
        self.trouble: tuple[int, str] | None = None
