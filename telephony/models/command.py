"""A wish that a call which goes on is ended or given to a colleague, and what became of it."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from telephony.models.call import Call
from telephony.models.origination import REASONS as CLICK_REASONS
from telephony.models.origination import OriginateOrigin
from tenants.models import Member, TenantModel


class CommandKind(models.TextChoices):
    HANG_UP = "hangup", _("hang up")
    TRANSFER = "transfer", _("transfer")


class CommandState(models.TextChoices):
    PENDING = "pending", _("pending")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


REASONS: Final = {
    # Refused at once: nothing is stored.
    "over": _("The call is over."),
    "not_yours": _("This is not your call: you do not talk with the client."),
    "unknown_extension": CLICK_REASONS["unknown_extension"],
    "unregistered": CLICK_REASONS["unregistered"],
    "same_extension": _("This colleague has the call already."),
    "no_client": _("There is no client in this call who could be given to a colleague."),
    "not_connected": _("The client has not answered yet."),
    "another": _("Something else is being done with this call at the moment."),
    "no_exchange": _(
        "The exchange takes no commands: set up its manager interface or SSH under Click-to-call of exchanges."
    ),
    # Failed: it was tried.
    "gone": _("The exchange has no such call any more."),
    "changed": _("The call has changed meanwhile: somebody else talks with the client, or answers just now."),
    "no_channel": _("The channel of the client was not found at the exchange."),
    "too_late": _("The exchange could not be reached in time; by now it might be another conversation."),
    "unreachable": CLICK_REASONS["unreachable"],
    "forbidden": CLICK_REASONS["forbidden"],
    "rejected": CLICK_REASONS["rejected"],
    "host_key": CLICK_REASONS["host_key"],
    "ssh_login": CLICK_REASONS["ssh_login"],
    "no_answer_there": _("The exchange did not answer. It may have been done all the same."),
    "in_doubt": _("It is not known whether it was done: a worker was interrupted."),
}


class CallCommand(TenantModel):
    """One wish. `talker` is the extension that the client talked with when it was said, empty while nobody did: a call that
    has moved on since is left alone.

    `attempted_at` is written before anything is sent to the exchange: whoever finds it set does not know what became of
    that, and sends nothing.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="commands", verbose_name=_("call"))
    kind = models.CharField(_("what"), max_length=8, choices=CommandKind.choices)
    extension = models.CharField(_("to"), max_length=10, blank=True)
    talker = models.CharField(_("who talked"), max_length=10, blank=True)
    state = models.CharField(
        _("state"), max_length=7, choices=CommandState.choices, default=CommandState.PENDING
    )
    reason_code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    channel = models.CharField(_("name of the channel"), max_length=200, blank=True)
    origin = models.CharField(_("asked for by"), max_length=5, choices=OriginateOrigin.choices)
    requester = models.CharField(_("who asked"), max_length=200, blank=True)
    member = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("member")
    )
    attempted_at = models.DateTimeField(_("sent to the exchange"), null=True)
    settled_at = models.DateTimeField(_("settled"), null=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("command for a call")
        verbose_name_plural = _("commands for calls")
        ordering = ["-id"]
        constraints = [
            # Two wishes at once would be carried out in an order that nobody chose.
            models.UniqueConstraint(
                fields=["call"], condition=models.Q(state="pending"), name="call_command_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="transfer") ^ models.Q(extension=""), name="call_command_extension"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="call_command_recent"),
            models.Index(fields=["tenant", "state", "-id"], name="call_command_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.extension}" if self.extension else self.get_kind_display()

    @property
    def is_over(self) -> bool:
        return self.state != CommandState.PENDING

    @property
    def reason(self) -> str:
        """Why it failed, in the reader's language; empty while nothing is wrong."""
        return str(REASONS.get(self.reason_code, self.reason_code))
