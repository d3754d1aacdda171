"""Sending messages to people through a messenger."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability
from integrations.records import Attachment
from tenants.errors import Unsupported


@dataclass(frozen=True, slots=True)
class Button:
    """One button below a message: it either opens `url`, or answers with `action`."""

    title: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """`key` is ours, and the same on every repetition. `buttons` are rows of buttons.

    `text` is plain text in which *bold*, _italic_, `code` and [titles](https://…) are marked when `is_marked`; each
    connector escapes and translates that to what its messenger wants. `contents` are the files that go along, by the
    `stored_id` of their attachments.
    """

    key: str
    conversation_id: str
    text: str = ""
    is_marked: bool = False
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to_id: str = ""
    is_silent: bool = False
    contents: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What the messenger made of one part: its id, that of the first of several where it shows them as one album.

    `conversation_id` is given where the messenger moved the conversation: from now on it has this id. `count` is how
    many messages the part was to the messenger's limits. `file_ids` names the files that were uploaded, by their
    `stored_id`: from now on the messenger has them.
    """

    outside_ids: tuple[str, ...]
    conversation_id: str = ""
    count: int = 1
    file_ids: Mapping[str, str] = field(default_factory=dict)


class Messaging(Capability):
    """A messenger. All calls raise `HubError`; `RemoteRejected` when this person cannot be written to."""

    code = "messaging"
    title = _("Messages")

    channel: ClassVar[str]
    """The messenger's code in conversations and messages, such as telegram."""

    repeats_unknown: bool = False
    """Whether a part of which nobody knows if it arrived is sent again without asking anybody."""

    @classmethod
    def refusals(cls, message: OutgoingMessage) -> Mapping[str, str]:
        """What this messenger will never take of it: field of the message -> text for people. Asks nobody."""
        return {}

    def spacing(self, conversation_id: str) -> float:
        """Seconds to be kept between two messages of one conversation."""
        return 0.0

    def acknowledge(self, press_id: str) -> None:
        """Tell the messenger that a pressed button was noticed; harmless twice. Most want nothing of the kind."""
        return

    @abstractmethod
    def parts(self, message: OutgoingMessage) -> int:
        """How many messages of theirs it takes. They are sent one by one, so that a repetition goes on where it broke off."""

    @abstractmethod
    def send(self, message: OutgoingMessage, part: int = 0) -> SentMessage:
        """Send that part (from 0). The caller repeats only parts of which no outcome is known to be good."""

    @classmethod
    def edit_refusals(cls, message: OutgoingMessage, sent: int) -> Mapping[str, str]:
        """Why the text of what was sent in so many parts cannot become this one: field -> text for people."""
        return {"text": str(_("This messenger does not change what was sent."))}

    def edit(self, message: OutgoingMessage, outside_ids: Sequence[str]) -> None:
        """Give what was sent, the parts under these ids, the text of `message`; harmless twice."""
        raise Unsupported(self.channel)

    @abstractmethod
    def open_file(self, file_id: str) -> bytes:
        """An attachment that somebody sent."""
