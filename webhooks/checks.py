"""An operator's mistake in WEBHOOK_PROXY is told at the start, not by the first delivery."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError

from webhooks.proof.ways import installation_proxy


@register
def proxy(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    try:
        installation_proxy()
    except ValidationError as error:
        return [Error(f"WEBHOOK_PROXY: {' '.join(error.messages)}", id="webhooks.E001")]
    return []
