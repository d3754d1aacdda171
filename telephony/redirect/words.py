"""Why a call went to its manager, or did not: the reasons' codes and what people read."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    """The first group is of calls, the second of single candidates, the third of moving a waiting call."""

    FOUND = "found"
    DISABLED = "disabled"
    LINE = "line"
    HIDDEN = "hidden"
    INTERNAL = "internal"
    OWN_NUMBER = "own_number"
    AGAIN = "again"
    CLOSED = "closed"
    NOBODY = "nobody"
    LATE = "late"
    TROUBLE = "trouble"
    CROWDED = "crowded"

    FREE = "free"
    BUSY = "busy"
    OFFLINE = "offline"
    AWAY = "away"
    NO_EXTENSION = "no_extension"
    NOT_REACHED = "not_reached"

    MOVED = "moved"
    NO_CHANNEL = "no_channel"
    GONE = "gone"
    TALKING = "talking"
    OVER = "over"
    CONTEXT = "context"
    NO_AMI = "no_ami"
    AMI_DOWN = "ami_down"
    AMI_REFUSED = "ami_refused"
    INTERRUPTED = "interrupted"


EXPLANATIONS: Final[dict[str, Promise]] = {
    Reason.FOUND: _("The manager was found and can be reached."),
    Reason.DISABLED: _("Smart redirect is switched off."),
    Reason.LINE: _("This line is excluded."),
    Reason.HIDDEN: _("The caller withheld the number."),
    Reason.INTERNAL: _("The caller is no telephone number: an internal call."),
    Reason.OWN_NUMBER: _("The caller is excluded, for example as an employee's own number."),
    Reason.AGAIN: _("This call went to its manager before; it does not do so twice."),
    Reason.CLOSED: _("It is outside of working hours."),
    Reason.NOBODY: _("Nobody is responsible for this client."),
    Reason.LATE: _("The CRM did not answer in time."),
    Reason.TROUBLE: _("The CRM could not be asked."),
    Reason.CROWDED: _("Too many calls were looked for at once."),
    Reason.FREE: _("can be reached"),
    Reason.BUSY: _("The manager is in a call."),
    Reason.OFFLINE: _("The manager's phone is not connected."),
    Reason.AWAY: _("The manager is away according to the CRM."),
    Reason.NO_EXTENSION: _("The manager has no extension. Assign one on the integration's page."),
    Reason.NOT_REACHED: _("somebody before was chosen"),
    Reason.MOVED: _("The waiting call was moved to the manager."),
    Reason.NO_CHANNEL: _("The channel of the call is not known: the exchange has to send its name."),
    Reason.GONE: _("The caller had hung up before."),
    Reason.TALKING: _("Somebody was talking with the client already: a conversation is not torn apart."),
    Reason.OVER: _("The call was over."),
    Reason.CONTEXT: _("This context is not among those that calls may be moved to."),
    Reason.NO_AMI: _("The exchange has no manager interface in its settings."),
    Reason.AMI_DOWN: _("The exchange's manager interface did not answer."),
    Reason.AMI_REFUSED: _("The exchange refused it:"),
    Reason.INTERRUPTED: _("Switchboard was interrupted: whether the call was moved is not known."),
}
