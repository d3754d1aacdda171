"""What is made in a CRM after a call: a contact, a lead, a task to call back."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Capability, Repeat
from integrations.capabilities.callers import Caller
from integrations.http.errors import OutcomeUnknown
from tenants.errors import HubError, TransientError, Unsupported


class FollowUpKind(StrEnum):
    """What can be made, and that a task is closed."""

    CONTACT = "contact"
    LEAD = "lead"
    TASK = "task"
    TASK_DONE = "task_done"

    @property
    def label(self) -> Promise:
        return _KINDS[self]


_KINDS: dict[FollowUpKind, Promise] = {
    FollowUpKind.CONTACT: _("contact"),
    FollowUpKind.LEAD: _("lead"),
    FollowUpKind.TASK: _("task"),
    FollowUpKind.TASK_DONE: _("task done"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _FollowUp:
    """Shared by all. `key` is ours and the same on every repetition: sent along where the system has a place for it.

    Where it has none, what was made after `since` (when the call began) with the same words is taken for ours.
    `phone` is the client's number in E.164, `responsible_id` a user's id there or empty.
    """

    key: str
    phone: str
    since: datetime
    responsible_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact(_FollowUp):
    """A person of whom only the number is known, and perhaps a name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead(_FollowUp):
    """A chance to sell: a lead, a deal, an order, whatever the system begins with. `is_missed`: nobody answered."""

    title: str
    contact_id: str = ""
    is_single: bool = False
    """Only if the client has none that is open."""
    is_missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask(_FollowUp):
    """Somebody has to call the client back until `due`."""

    text: str
    due: datetime
    contact_id: str = ""
    lead_id: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What there is now. `is_former`: it was there already, from an earlier try or because the client had one."""

    outside_id: str
    is_former: bool = False


class CallFollowUps(Capability):
    """A system in which something can be made after a call. What it cannot do raises `Unsupported`, in words."""

    code = "call_follow_ups"
    title = _("Contacts, leads and tasks after a call")

    follow_ups: ClassVar[frozenset[FollowUpKind]] = frozenset(FollowUpKind)
    """Those that it can do at all."""
    follow_ups_repeat: ClassVar[Mapping[FollowUpKind, Repeat]] = {}
    """Of those that are not `IF_UNSENT`: ALWAYS where a repetition finds what the first one made."""

    @abstractmethod
    def find_client(self, phone: str) -> Caller | None:
        """Who has that number; None when nobody has. `contact_id` is what the calls below want."""

    @abstractmethod
    def create_contact(self, wanted: NewContact) -> Made: ...

    @abstractmethod
    def create_lead(self, wanted: NewLead) -> Made: ...

    @abstractmethod
    def create_task(self, wanted: NewTask) -> Made: ...

    def complete_task(self, task_id: str, text: str) -> None:
        """The client was called back: close the task, with these words where it has a place for them."""
        raise Unsupported(_("Tasks of this system can only be closed by people."))

    @classmethod
    def may_repeat_follow_up(cls, kind: FollowUpKind, error: HubError) -> bool:
        """Whether a try that ended with this error may be made again."""
        if not isinstance(error, TransientError):
            return False
        policy = cls.follow_ups_repeat.get(kind, Repeat.IF_UNSENT)
        if policy is Repeat.IF_UNSENT:
            return not isinstance(error, OutcomeUnknown)
        return policy is Repeat.ALWAYS
