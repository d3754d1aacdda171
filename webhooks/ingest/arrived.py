"""A proved request as it is stored: what proves or logs in is masked, the rest is storable."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_plus
from uuid import UUID

from config.masking import MASK, is_secret_header, is_secret_name
from tenants.storable import storable_text
from webhooks.hops import MOST, hops_in
from webhooks.ingest.writer import NewInbound
from webhooks.presets import Arrival, Preset, Reply
from webhooks.presets.arrival import FORM
from webhooks.presets.keys import fitting

MOST_HEADERS: Final = 60
HEADER_LENGTH: Final = 1000
QUERY_LENGTH: Final = 2000


def new_inbound(
    source_id: UUID, tenant_id: int, preset: Preset, arrival: Arrival, reply: Reply, *, is_former: bool
) -> NewInbound:
    return NewInbound(
        source_id=source_id,
        tenant_id=tenant_id,
        dedup_key=fitting(preset.key(arrival)),
        is_former_secret=is_former,
        address=arrival.address[:45],
        query=shown_query(arrival.query),
        headers=shown_headers(preset, arrival),
        content_type=storable_text(arrival.content_type)[:200],
        body=arrival.body,
        is_handshake=reply.is_handshake,
        is_loop=hops_in(arrival.headers) > MOST,
    )


def of_parameters(arrival: Arrival) -> Arrival:
    """A GET has no body: its parameters are taken for a form, without the one that proves it."""
    kept = [part for part in arrival.query.split("&") if part.partition("=")[0] != "token"]
    body = "&".join(kept).encode("utf-8", "surrogatepass")
    return replace(arrival, headers={**arrival.headers, "content-type": FORM}, body=body)


def shown_headers(preset: Preset, arrival: Arrival) -> dict[str, str]:
    secret = preset.secret_headers | {arrival.options.get("header", "").lower()}
    return {
        storable_text(name)[:100]: MASK
        if name in secret or is_secret_header(name)
        else storable_text(value)[:HEADER_LENGTH]
        for name, value in list(arrival.headers.items())[:MOST_HEADERS]
    }


def unproved_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Of a recorded request, for looking at: nobody knows its sender yet, so the usual names of credentials are masked."""
    return {name: MASK if is_secret_header(name) else value for name, value in headers.items()}


def shown_query(query: str) -> str:
    """The parameters of the URL, without what may be a credential."""
    parts = []
    for part in query.split("&"):
        name, sign, _value = part.partition("=")
        parts.append(f"{name}{sign}{MASK}" if sign and _is_secret_parameter(unquote_plus(name)) else part)
    return storable_text("&".join(parts))[:QUERY_LENGTH]


def _is_secret_parameter(name: str) -> bool:
    # Senders that sign nothing put their secret into the URL, under whatever name sounds like one.
    return is_secret_name(name) or is_secret_header(name)
