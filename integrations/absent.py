"""Stands in for a connector whose folder is not there any more: its integrations are shown, and do nothing."""

from functools import cached_property

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.connector import Connector, Session
from integrations.http.client import ApiClient
from integrations.live import Live
from integrations.manifest import Category, Manifest
from tenants.errors import ConfigError

_DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" role="img"><title>{title}</title><rect x="2" y="2" width="28"'
    ' height="28" rx="6" fill="none" stroke="currentColor" stroke-dasharray="3 3" stroke-width="2" opacity=".6"/></svg>'
)


def explained(code: str) -> str:
    """What people have to do about it."""
    text = _(
        "This installation does not have the connector “%(code)s”. Put its folder back, or delete the integration."
    )
    return text % {"code": code}


class AbsentSession(Session):
    """Is never there: whoever wants to open it reads why not."""

    def __init__(self, live: Live, http: ApiClient) -> None:
        raise ConfigError(explained(live.connector))


class AbsentConnector(Connector):
    """Of that code; without settings, credentials and capabilities."""

    def __init__(self, code: str) -> None:
        manifest = Manifest(
            code=code,
            name=code,
            category=Category.DATABASE,
            summary=gettext_lazy("Its connector is not installed."),
            docs_url="",
            capabilities=(),
        )
        super().__init__(manifest=manifest, session_class=AbsentSession)

    @cached_property
    def logo_svg(self) -> str:
        return _DRAWING.format(title=escape(self.code))

    def readme(self, language: str) -> str:
        return explained(self.code)
