"""The way to an endpoint's receiver, out of what is stored."""

from django.conf import settings

from webhooks.models.endpoint import Endpoint
from webhooks.proof.proxies import clean_proxy
from webhooks.sender import Way


def way_of(endpoint: Endpoint) -> Way | None:
    """None for the plain one, which nearly all take."""
    tls = {name: pem.encode() for name, pem in endpoint.tls.items()}
    own = endpoint.proxy
    proxy = own or installation_proxy()
    if not (tls or proxy):
        return None
    return Way(
        proxy=proxy,
        is_own_proxy=bool(proxy and not own),
        certificate=tls.get("certificate", b""),
        key=tls.get("key", b""),
        authority=tls.get("ca", b""),
    )


def installation_proxy() -> str:
    """ValidationError when the setting cannot be used (webhooks/checks.py tells it at the start)."""
    return clean_proxy(settings.WEBHOOK_PROXY, "0.0.0.0/0,::/0")
