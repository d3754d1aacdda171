"""Mistakes of the operator, and what /health says of this room."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning, register

from integrations.connectors import registry


@register()
def manifests(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """A connector without a logo or a way to connect it would break its pages."""
    found: list[CheckMessage] = []
    for code, connector in registry().items():
        for what in ("logo_svg", "readme"):
            try:
                getattr(connector, what)
            except OSError as error:
                found.append(Warning(f"connector {code}: {error}", id="integrations.W001"))
    return found
