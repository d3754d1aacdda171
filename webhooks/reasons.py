"""Every outcome in plain words: what happened and what the owner of the endpoint should do.

Rows store the short code; the words are chosen when somebody looks, in their language.
"""

from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _


class Explanation(NamedTuple):
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Words:
    what: str | Promise
    fix: str | Promise = ""


WORDS: dict[str, _Words] = {
    "delivered": _Words(_("Delivered.")),
    "target_not_allowed": _Words(
        _("target not allowed"),
        _(
            "The address leads to a private or local network. Use a public address, or ask the operator to allow it."
        ),
    ),
    "bad_url": _Words(_("The URL cannot be used."), _("Correct the endpoint's URL.")),
    "dns": _Words(
        _("The host name is unknown."),
        _("Check the spelling of the URL and that the name is published in DNS."),
    ),
    "connect": _Words(
        _("Nothing accepts connections there."), _("Check that the server runs, and its port and firewall.")
    ),
    "connect_timeout": _Words(
        _("The server did not accept the connection in time."),
        _("A firewall may drop our packets silently; allow this host's address."),
    ),
    "timeout": _Words(
        _("No complete answer arrived in time."),
        _("Answer 200 first and do the work afterwards, or raise the endpoint's time limit."),
    ),
    "tls": _Words(
        _("The encrypted connection could not be set up."),
        _("Check that the port speaks HTTPS and supports TLS 1.2 or newer."),
    ),
    "tls_certificate": _Words(
        _("The certificate is not trusted."),
        _("Renew it, and have the server send the whole chain; its name must match the URL."),
    ),
    "reset": _Words(
        _("The connection broke before the answer was complete."),
        _("Look into the receiver's log: it closed the connection or crashed."),
    ),
    "headers_too_large": _Words(
        _("The answer has too many headers, or too large ones."),
        _(
            "Answer with a few short headers: 300 KB of them, or 5,000 lines, is the most that is read. A cookie or a header"
            " that is set again and again is the usual cause."
        ),
    ),
    "not_http": _Words(
        _("What answers there does not speak HTTP."), _("Check the host and the port of the URL.")
    ),
    "proxy": _Words(
        _("The proxy did not let the request through."),
        _(
            "Check the endpoint's proxy, and its user name and password; or ask the operator about the installation's."
        ),
    ),
    "token_refused": _Words(
        _("The receiver's log-in server refuses our client id or client secret."),
        _("Enter valid ones in the endpoint's log-in; what waits is then sent by itself."),
    ),
    "token_failed": _Words(
        _("The receiver's log-in server gave no access token."),
        _("Check the token's URL of the endpoint's log-in; it is tried again by itself."),
    ),
    "transfer_failed": _Words(
        _("The request could not be made."), _("Look at the detail; then send it again.")
    ),
    "redirect": _Words(
        _("Redirect not followed."),
        _("Set the endpoint's URL to the final address; redirects are not followed."),
    ),
    "gone": _Words(
        _("The receiver says that it is gone for good (410)."),
        _("The endpoint was disabled. Correct its URL and enable it, or delete it."),
    ),
    "unauthorized": _Words(
        _("The receiver refuses us (%(status)s)."),
        _(
            "Check that it verifies with this endpoint's current secret, over the raw body, and what else it demands."
        ),
    ),
    "not_found": _Words(
        _("The path does not exist there (%(status)s)."), _("Check the path of the endpoint's URL.")
    ),
    "too_large": _Words(
        _("The receiver finds the body too large (413)."), _("Raise its limit for request bodies.")
    ),
    "rejected": _Words(
        _("The receiver rejects the request (%(status)s)."),
        _("Read its answer below; it explains what it expected."),
    ),
    "rate_limited": _Words(
        _("The receiver asks us to slow down (%(status)s)."), _("Nothing: it is tried again later.")
    ),
    "server_error": _Words(
        _("The receiver failed (%(status)s)."),
        _("Look into the receiver's log; it is tried again by itself."),
    ),
    "loop": _Words(
        _("The webhook goes round in a circle."),
        _(
            "An endpoint's URL leads back to a webhook that is received here, directly or by way of another system. Correct"
            " the URL, or take inbound.received out of the endpoint's events."
        ),
    ),
    "unexpected_status": _Words(
        _("The receiver answered %(status)s, which is no success."),
        _("Answer with a status from 200 to 299."),
    ),
    "endpoint_disabled": _Words(
        _("The endpoint is disabled."), _("Enable it; what was parked meanwhile can then be sent.")
    ),
    "failing_long": _Words(
        _("Nothing was taken for five days, and many deliveries were lost."),
        _("Repair the receiver, then enable the endpoint; what was parked or failed can be sent again."),
    ),
    "person": _Words(_("Disabled by a person.")),
    "no_secret": _Words(_("The endpoint has no live secret."), _("Rotate the endpoint's secret.")),
    "template_failed": _Words(
        _("The endpoint's template cannot be applied to this event."),
        _("Correct the template; then send the parked deliveries: they are made anew."),
    ),
    "payload_expired": _Words(
        _("The body is no longer kept."), _("Bodies are removed after a while; the source must send it anew.")
    ),
    "cancelled": _Words(_("Cancelled by a person.")),
    # Inbound requests.
    "signature_missing": _Words(
        _("The request carries no signature."),
        _("Check that the URL was made for this sender, and that signing is switched on there."),
    ),
    "signature_wrong": _Words(
        _("The signature does not match the secret."),
        _("Copy the secret anew: it may have been changed at the sender, or belong to another webhook."),
    ),
    "timestamp_stale": _Words(
        _("The request was signed too long ago."),
        _("Compare the clocks of both sides; a request that was recorded and sent again is refused, too."),
    ),
    "address_strange": _Words(
        _("The request came from an address that is none of the sender's."),
        _(
            "If the sender has new addresses, enter its networks in the source. Behind a proxy, check that it is a trusted one."
        ),
    ),
    "certificate_unknown": _Words(
        _("The certificate that the request is signed with is not known, or not valid."),
        _("It is fetched from the sender, who comes again by itself; look at its clock and at ours."),
    ),
    "key_unknown": _Words(
        _("The token names a key that is not among the sender's keys."),
        _("They were fetched again a moment ago; look whether the address is that of this sender's keys."),
    ),
    "key_set_unreachable": _Words(
        _("The sender's keys could not be fetched from their address."),
        _("Look at the address of the keys; it is asked again every minute, and the sender comes again."),
    ),
    "event_unexpected": _Words(
        _("Nobody expects this event of this source: it is kept aside."),
        _("Process it again to take it in, or drop it. The source's page has the list of what is expected."),
    ),
    "source_secret_missing": _Words(_("The source has no secret."), _("Set the source's secret.")),
    "unreadable_body": _Words(
        _("The body is neither JSON nor a form."),
        _("Choose JSON as the format at the sender; then replay what is kept here if it was a mistake."),
    ),
    "unknown_sender": _Words(
        _("This version of Switchboard does not know the sender."),
        _("Update Switchboard; then replay it."),
    ),
    "handling_failed": _Words(
        _("It was received, but what it says could not be dealt with."),
        _("Read below what failed and why; then process it again."),
    ),
    "handshake": _Words(_("The sender checked the URL and got its answer.")),
}


def explained(code: str, status: int | None = None) -> Explanation:
    """The words for a code; `status` is the receiver's, where it has one."""
    words = WORDS.get(code)
    if words is None:
        return Explanation(translated("Failed (%(code)s).") % {"code": code}, "")
    what = str(words.what) if status else str(words.what).replace(" (%(status)s)", "")
    return Explanation(what % {"status": status or "–"}, str(words.fix))
