"""The places where recordings lie: one small class for each kind, all read alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from telephony.models.recording import RecordingStore, StoreKind
from telephony.recordings.places.base import Place
from telephony.recordings.places.local import LocalPlace
from telephony.recordings.places.s3 import S3Place
from telephony.recordings.places.sftp import SftpPlace
from telephony.recordings.places.web import WebPlace

KINDS: Final[dict[str, Callable[[RecordingStore], Place]]] = {
    StoreKind.LOCAL: LocalPlace,
    StoreKind.HTTP: WebPlace,
    StoreKind.SFTP: SftpPlace,
    StoreKind.S3: S3Place,
}


def open_place(store: RecordingStore) -> Place:
    """Connected where that is needed; whoever opens it closes it. ConfigError, TransientError."""
    return KINDS[store.kind](store)


@contextmanager
def opened(store: RecordingStore) -> Iterator[Place]:
    """As `open_place`, closed at the end of the block."""
    place = open_place(store)
    try:
        yield place
    finally:
        place.close()


__all__ = ["Place", "open_place", "opened"]
