"""Where finished exports are carried: one small class for each kind, one interface, and the form that each kind has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exports.destinations.base import Destination, OutgoingFile, Receipt
from exports.destinations.email import EmailDestination
from exports.destinations.failures import NotSent
from exports.destinations.forms import KindForm
from exports.destinations.http import HttpDestination
from exports.destinations.kind_forms import EmailForm, HttpForm, S3Form, SftpForm, WebDavForm
from exports.destinations.s3 import S3Destination
from exports.destinations.sftp import SftpDestination
from exports.destinations.webdav import WebDavDestination
from exports.models.destination import DestinationKind, ExportDestination


@dataclass(frozen=True, slots=True)
class Kind:
    """`open` gets settings, credentials and the company's exceptions from the egress policy; it connects to nothing yet."""

    form: type[KindForm]
    open: Callable[[Mapping[str, Any], Mapping[str, str], str], Destination]


KINDS: Final[Mapping[str, Kind]] = {
    DestinationKind.EMAIL: Kind(EmailForm, EmailDestination),
    DestinationKind.SFTP: Kind(SftpForm, SftpDestination),
    DestinationKind.S3: Kind(S3Form, S3Destination),
    DestinationKind.WEBDAV: Kind(WebDavForm, WebDavDestination),
    DestinationKind.HTTP: Kind(HttpForm, HttpDestination),
}


def open_destination(row: ExportDestination) -> Destination:
    """Ready to be used. NotSent when the row's settings lack something that its kind needs by now."""
    kind = KINDS[row.kind]
    if any(name not in row.settings for name in kind.form.settings()):
        raise NotSent("settings")
    return kind.open(row.settings, row.credentials, row.tenant.egress_allow)


__all__ = ["KINDS", "Destination", "Kind", "NotSent", "OutgoingFile", "Receipt", "open_destination"]
