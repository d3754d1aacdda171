"""What is wrong with the installation now: the parts of /health that fail, and what will become worse unless somebody acts.

Rooms register probes where they live (`probe`); nothing here asks who is above.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, InterfaceError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.health import findings
from tenants.models.installation import Severity

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`detail` is for whoever mends it: names and figures, in English as in the log."""

    code: str
    severity: Severity
    detail: str


# Whether the trouble is known already: then it ends at another limit than it begins at.
Probe = Callable[[bool], Trouble | None]
DATABASE: Final = "database"
_titles: dict[str, str | Promise] = {
    "web": gettext_lazy("The web process is not well"),
    "disk": gettext_lazy("The disk is full"),
    DATABASE: gettext_lazy("The database does not answer"),
    "workers": gettext_lazy("No worker takes some of the queues"),
    "audit": gettext_lazy("The audit trail is not sealed"),
    "beat": gettext_lazy("The scheduler gives no sign of life"),
    "listener": gettext_lazy("Nobody listens to the telephone exchanges"),
    "exports": gettext_lazy("Exports cannot be written"),
}
_probes: dict[str, Probe] = {}


def probe(code: str, title: str | Promise) -> Callable[[Probe], Probe]:
    """Register a look for one kind of trouble; `title` says it in a few words."""

    def register(look: Probe) -> Probe:
        _probes[code] = look
        _titles[code] = title
        return look

    return register


def title_of(code: str) -> str:
    """In the language in force."""
    found = _titles.get(code)
    return str(found) if found else _("“%(part)s” of the installation is not well") % {"part": code}


def troubles(known: Collection[str] = ()) -> Iterator[Trouble]:
    """All that is wrong now. When the database does not answer, that is all that can be said."""
    found = findings()
    for name, finding in found.items():
        if not finding.is_ok and (name == DATABASE or found[DATABASE].is_ok):
            yield Trouble(name, Severity.CRITICAL, finding.detail)
    if not found[DATABASE].is_ok:
        return
    for code, look in _probes.items():
        try:
            seen = look(code in known)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            # A probe that stumbles must not hide what the others see.
            logger.exception("the probe %s failed", code)
            continue
        if seen is not None:
            yield seen
