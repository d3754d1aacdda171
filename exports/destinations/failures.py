"""What can go wrong on the way to a destination: one table of codes, sentences, and whether another try may help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.errors import HubError


@dataclass(frozen=True, slots=True)
class Reason:
    """`is_final`: somebody has to change something first, so it is not tried again by itself."""

    text: Promise
    is_final: bool = True


REASONS: Final[Mapping[str, Reason]] = {
    # The way there.
    "host_unknown": Reason(_("There is no host of this name. Check the address."), is_final=False),
    "unreachable": Reason(_("The other side does not answer. Is it running, and is the port right?"), is_final=False),
    "timeout": Reason(_("The other side did not answer in time."), is_final=False),
    "broken": Reason(_("The connection broke in the middle."), is_final=False),
    "not_allowed": Reason(
        _("This address is not allowed: it leads into a private network. The operator can allow it.")
    ),
    "tls": Reason(_("The certificate of the other side is not valid for this address.")),
    # Who we are, and who they are.
    "host_key": Reason(
        _(
            "The host shows another key than the one in the settings. Nothing was sent. If the server was set up anew, enter its new key."
        )
    ),
    "host_key_unreadable": Reason(_("The host key is not one: it begins with ssh-ed25519, ecdsa-… or ssh-rsa.")),
    "private_key": Reason(
        _("The private key cannot be read: an OpenSSH key is needed, with its passphrase if it has one.")
    ),
    "refused": Reason(_("The other side refuses the user name, password or key.")),
    "forbidden": Reason(_("We may sign in there, but not write to this place.")),
    "region": Reason(_("The bucket is in another region. Enter the region of the bucket.")),
    "clock": Reason(_("The clocks of the storage and of this machine differ too much."), is_final=False),
    # The place.
    "folder_missing": Reason(_("The folder does not exist there. Create it, or correct the settings.")),
    "bucket_missing": Reason(_("There is no bucket of this name.")),
    "not_found": Reason(_("There is nothing at this address (404).")),
    "moved": Reason(_("The address leads to another one, which is not followed. Enter the new address.")),
    "no_webdav": Reason(_("There is no WebDAV at this address. Nextcloud's is …/remote.php/dav/files/NAME/.")),
    "no_rename": Reason(_("The other side cannot rename files, so nothing half written could be avoided.")),
    "name_exists": Reason(_("There is another file of this name already, and it is not to be replaced.")),
    # The file.
    "full": Reason(
        _("There is no room: the disk or the quota of the other side seems to be full."), is_final=False
    ),
    "too_large": Reason(_("The other side takes no file that is so large.")),
    "locked": Reason(_("The file is locked there at the moment."), is_final=False),
    # The server.
    "busy": Reason(_("The other side asks us to come back later (%(status)s)."), is_final=False),
    "server_error": Reason(_("The other side has a problem of its own (%(status)s)."), is_final=False),
    "rejected": Reason(_("The other side did not take the file (%(status)s).")),
    # Mail.
    "no_mail": Reason(_("This installation sends no mail. The operator sets EMAIL_URL.")),
    "mail_away": Reason(
        _("The mail server of this installation cannot be used at the moment. If it stays so, tell the operator."), is_final=False
    ),
    "mail_login": Reason(_("The mail server does not let this installation sign in. The operator corrects EMAIL_URL.")),
    "sender_refused": Reason(
        _("The mail server takes no mail from this installation's address (%(status)s). The operator corrects EMAIL_FROM.")
    ),
    "mail_failed": Reason(_("The mail server did not take the mail (%(status)s)."), is_final=False),
    "address_later": Reason(
        _("The mail server takes nothing for %(address)s at the moment (%(status)s): perhaps the mail box is full."), is_final=False
    ),
    "address_refused": Reason(_("The mail server takes nothing for %(address)s.")),
    "mail_refused": Reason(_("The mail server refuses this mail for good (%(status)s).")),
    # On our side.
    "file_gone": Reason(_("The file is not there any more. Run the export again.")),
    "disabled": Reason(_("The destination is switched off.")),
    "removed": Reason(_("The destination was removed.")),
    "no_file": Reason(_("There is no file: the export did not end well.")),
    "settings": Reason(_("The settings are not complete. Open the destination and save it.")),
    "gave_up": Reason(_("It failed several times. Tell the operator to look at the log.")),
}  # fmt: skip


class NotSent(HubError):
    """It did not arrive; the text is of REASONS and never has a secret in it. `retry_after` is in seconds, if they told.

    `reached` are the addresses that have it all the same: the next attempt leaves them out.
    """

    def __init__(
        self, code: str, detail: str = "", *, retry_after: float | None = None, **words: Any
    ) -> None:
        reason = REASONS[code]
        super().__init__(reason.text % words if words else reason.text, detail)
        self.code = code
        self.is_final = reason.is_final
        self.retry_after = retry_after
        self.reached: frozenset[str] = frozenset()
