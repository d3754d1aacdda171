"""What pausing and removing an integration, and deleting and restoring records mean, in words."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.capabilities import CallNotifications, Capability, Messaging, Records
from integrations.connector import Connector
from integrations.models import Exchange, ExtensionAssignment, Integration, OutsideUser
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.selectors import counted
from integrations.store.deleting import attached, systems_written
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


def of_deleting_records(kind: RecordKind, rows: Sequence[StoredRecord]) -> list[str]:
    """Sentences; three queries."""
    found = attached([row.pk for row in rows])
    said = [
        ngettext(
            "%(count)d record is marked as deleted here, and can be restored.",
            "%(count)d records are marked as deleted here, and can be restored.",
            len(rows),
        )
        % {"count": len(rows)}
    ]
    if found.systems:
        systems = ", ".join(f"{name} ({count})" for name, count in found.systems.items())
        said += [
            _("No outside system is touched: what is in %(systems)s stays there.") % {"systems": systems},
            _("What changes there is kept here without events, and stays deleted here."),
        ]
    else:
        said.append(_("No connected system has any of it."))
    if kind in (RecordKind.CONTACT, RecordKind.COMPANY):
        said.append(_("Numbers and addresses are not found any more when somebody calls or writes."))
    if found.naming:
        said.append(
            ngettext(
                "%(count)d other record goes on naming it.",
                "%(count)d other records go on naming it.",
                found.naming,
            )
            % {"count": found.naming}
        )
    if found.waiting:
        said.append(
            ngettext(
                "%(count)d change that waits to be written to a system is dropped.",
                "%(count)d changes that wait to be written to systems are dropped.",
                found.waiting,
            )
            % {"count": found.waiting}
        )
    return said


def of_restoring_records(tenant_id: int, kind: RecordKind, count: int) -> list[str]:
    """Sentences; two queries."""
    text = ngettext(
        "%(count)d record is there again as it is by now.",
        "%(count)d records are there again as they are by now.",
        count,
    )
    systems = systems_written(tenant_id, kind)
    if not systems:
        return [text % {"count": count}, _("No outside system is touched.")]
    written = _("With the next run it is written to %(systems)s; what was deleted there is made there anew.")
    return [text % {"count": count}, written % {"systems": ", ".join(systems)}]
