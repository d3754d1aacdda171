"""What pausing and removing an integration mean, in words, by what its system can do."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.capabilities import CallNotifications, Capability, Messaging, Records
from integrations.connector import Connector
from integrations.models import Exchange, ExtensionAssignment, Integration, OutsideUser
from integrations.selectors import counted
from webhooks.models import Inbound

_STOPS: tuple[tuple[type[Capability], Promise], ...] = (
    (
        CallNotifications,
        gettext_lazy("Calls are not shown there, and those of this time are not entered there later."),
    ),
    (Records, gettext_lazy("Records are not synchronised; changes of this time are fetched afterwards.")),
    (Messaging, gettext_lazy("Messages are not sent.")),
)


def of_pausing(connector: Connector) -> list[str]:
    """One sentence each."""
    found = [str(text) for capability, text in _STOPS if connector.can(capability)]
    if connector.hooks is not None:
        found.append(
            _("Requests of the system are received and kept; they are dealt with when it is resumed.")
        )
    return [
        *found,
        _("The connection is not checked, and nobody is alerted."),
        _("Settings, credentials and history stay."),
    ]


def of_deleting(row: Integration) -> list[str]:
    """What goes with it, counted up to a thousand each; four or five queries."""
    rows = {
        _("Exchanges"): Exchange.objects.filter(integration=row),
        _("Users"): OutsideUser.objects.filter(integration=row),
        _("Extensions, with their history"): ExtensionAssignment.objects.filter(integration=row),
    }
    if row.source is not None:
        rows[_("Requests received")] = Inbound.objects.filter(source=row.source)
    return [f"{name}: {counted(found)}" for name, found in rows.items()]


def of_deleting_many(rows: list[Integration]) -> list[str]:
    """For a list of them, nothing is counted."""
    if len(rows) == 1:
        return [
            str(rows[0]),
            *of_deleting(rows[0]),
            _("This cannot be undone. Pause it if you may need it again."),
        ]
    text = ngettext(
        "its users, extensions, exchanges, requests and call notifications: this cannot be undone",
        "their users, extensions, exchanges, requests and call notifications: this cannot be undone",
        len(rows),
    )
    return [*map(str, rows), text]
