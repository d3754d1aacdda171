"""What the egress policy raises."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class EgressDenied(Exception):
    """The address about to be dialled is private, local or otherwise forbidden.

    The text never names the resolved address: a tenant could map the installation's network with it.
    """

    code = "target_not_allowed"
    message: Promise = _("target not allowed")

    def __str__(self) -> str:
        return str(self.message)


class UrlProblem(ValueError):
    """A URL that must not be saved; `message` is written for the person who typed it."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
