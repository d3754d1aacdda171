"""What came with a message of Telegram: pure functions."""

from collections.abc import Mapping
from typing import Any, Final

from integrations.records import Attachment, AttachmentKind, Json

# An animation comes with a document of the same file, so it is looked for first.
_FILES: Final[Mapping[str, AttachmentKind]] = {
    "animation": AttachmentKind.VIDEO,
    "video": AttachmentKind.VIDEO,
    "video_note": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "voice": AttachmentKind.VOICE,
    "document": AttachmentKind.FILE,
    "sticker": AttachmentKind.STICKER,
}


def attachments(found: Json) -> tuple[Attachment, ...]:
    """Files by their ids (`Messaging.open_file`), places and contact cards by what they say."""
    photo = _largest(found.get("photo"))
    if photo is not None:
        return (_file(photo, AttachmentKind.IMAGE),)
    for name, kind in _FILES.items():
        file = found.get(name)
        if isinstance(file, dict):
            return (_file(file, kind),)
    return (*_place(found), *_card(found))


def _largest(sizes: Any) -> Json | None:
    """A picture comes in several sizes, the largest last."""
    known = [one for one in sizes if isinstance(one, dict)] if isinstance(sizes, list) else []
    return known[-1] if known else None


def _file(file: Json, kind: AttachmentKind) -> Attachment:
    size = file.get("file_size")
    return Attachment(
        type=kind,
        file_id=_text(file.get("file_id")),
        name=_text(file.get("file_name")) or _text(file.get("emoji")),
        media_type=_text(file.get("mime_type")),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
    )


def _place(found: Json) -> tuple[Attachment, ...]:
    place = found.get("location")
    if not isinstance(place, dict):
        return ()
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (latitude, longitude)):
        return ()
    url = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
    return (Attachment(type=AttachmentKind.LOCATION, name=f"{latitude}, {longitude}", url=url),)


def _card(found: Json) -> tuple[Attachment, ...]:
    card = found.get("contact")
    if not isinstance(card, dict):
        return ()
    parts = (card.get("first_name"), card.get("last_name"), card.get("phone_number"))
    return (
        Attachment(type=AttachmentKind.CONTACT, name=" ".join(_text(one) for one in parts if _text(one))),
    )


def _text(value: Any) -> str:
    return value[:300] if isinstance(value, str) else ""
