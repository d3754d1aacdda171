"""S3-compatible storage: signed requests (config/egress/s3.py), sent through the same gate as all others."""

from config.egress.s3 import Bucket
from telephony.models.recording import RecordingStore
from telephony.recordings.places.web import WebPlace


class S3Place(WebPlace):
    """Objects of one bucket, by path-style addresses, which every storage understands."""

    def __init__(self, store: RecordingStore) -> None:
        super().__init__(store)
        self._user = None
        self._bucket = Bucket(store.endpoint, store.bucket, store.username, store.secret, store.region)

    def address(self, parts: tuple[str, ...]) -> str:
        prefix = [part for part in self._store.root.split("/") if part]
        return self._bucket.address("/".join((*prefix, *parts)))

    def headers(self, method: str, url: str, wanted: dict[str, str]) -> dict[str, str]:
        return self._bucket.signed(method, url, super().headers(method, url, wanted))
