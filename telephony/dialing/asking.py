"""What an exchange is asked, made of checked parts only, and the ways in which it can go wrong."""

from dataclasses import dataclass
from uuid import UUID

from telephony.dialing import numbers
from telephony.dialing.template import filled
from telephony.models import DialAccess, OriginateRequest


@dataclass(frozen=True, slots=True)
class Ask:
    """One call to be made. Every text has a grammar without anything that Asterisk or a shell would read as its own."""

    pbx_id: UUID
    channel: str
    device: str
    extension: str
    context: str
    number: str
    shown: str
    ring_seconds: int
    is_local: bool

    @classmethod
    def of(cls, request: OriginateRequest, access: DialAccess, region: str) -> "Ask":
        """ValueError or ValidationError when a part is not what it must be, wherever it came from."""
        if not numbers.is_extension(request.extension) or not numbers.PHONE.fullmatch(request.phone):
            raise ValueError("neither an extension nor a telephone number")
        access.clean_fields(exclude={"tenant", "pbx"})
        return cls(
            pbx_id=access.pbx_id,
            channel=request.channel,
            device=filled(access.template, request.extension, access.context),
            extension=request.extension,
            context=access.context,
            number=numbers.dialled(request.phone, access, region),
            shown=numbers.shown(request.phone, request.extension, access),
            ring_seconds=access.ring_seconds,
            is_local=access.is_local,
        )


class NotAsked(Exception):
    """Nothing reached the exchange. `code` is one of the reasons; `is_final`: another try would go the same way."""

    def __init__(self, code: str, detail: str = "", *, is_final: bool = False) -> None:
        super().__init__(code)
        self.code, self.detail, self.is_final = code, detail, is_final


class Refused(Exception):
    """The exchange said no."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class Doubtful(Exception):
    """It was sent, and nobody knows whether the exchange acts on it: it must not be sent again."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("no_answer_there")
        self.code, self.detail = "no_answer_there", detail
