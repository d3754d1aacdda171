"""What the lean process that `serve` becomes will say, translated while Django is still at hand."""

from django.utils.translation import gettext as _

from config.supervisor import greeting
from config.supervisor.plan import Words


def spoken() -> Words:
    return Words(
        greeting=greeting.text(),
        waiting=_("Still waiting for: %(missing)s. The lines above say why."),
        stopping=_("Stopping… (Ctrl-C again kills at once; nothing accepted is lost)"),
        stopped=_("Stopped."),
        ended=_("supervisord ended unexpectedly; the lines above or its log say why."),
    )
