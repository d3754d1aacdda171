"""Requests to S3-compatible storages: addresses of objects, and AWS's signature version 4. Sent by the gate's own session."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SAFE: Final = "-_.~"
DEFAULT_REGION: Final = "us-east-1"


class Bucket:
    """One bucket of a storage. By path (`endpoint/bucket/key`), which every storage understands, or `bucket.endpoint/key`."""

    def __init__(
        self,
        endpoint: str,
        name: str,
        key_id: str,
        secret: str,
        region: str = DEFAULT_REGION,
        *,
        is_path_style: bool = True,
    ) -> None:
        parts = urlsplit(endpoint)
        root = parts.path.rstrip("/")
        host, path = (parts.netloc, f"{root}/{name}") if is_path_style else (f"{name}.{parts.netloc}", root)
        self._base = f"{parts.scheme}://{host}{path}"
        self._signature = S3SigV4Auth(Credentials(key_id, secret), "s3", region or DEFAULT_REGION)

    def address(self, key: str, query: Mapping[str, str] | None = None) -> str:
        """Of an object, or of the bucket when the key is empty. Keys have slashes between their parts."""
        path = "/".join(quote(part, safe=SAFE) for part in key.split("/"))
        told = "&".join(
            f"{quote(name, safe=SAFE)}={quote(value, safe=SAFE)}" for name, value in (query or {}).items()
        )
        return f"{self._base}/{path}" + (f"?{told}" if told else "")

    def signed(self, method: str, url: str, headers: Mapping[str, str], body: Any = None) -> dict[str, str]:
        """The headers with the signature. A body is bytes, or a file, which is read once and put back where it was."""
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        self._signature.add_auth(request)
        return dict(request.headers.items())
