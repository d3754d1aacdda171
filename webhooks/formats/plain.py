"""Bodies for programs: the envelope, CloudEvents, forms, plain text, and JSON of one's own."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from django.conf import settings
from django.utils.translation import gettext as _

from webhooks.formats.occasion import Occasion, Rendered, RenderFailed
from webhooks.formats.reports import report_text
from webhooks.wire import CONTENT_TYPE, render

CLOUD_EVENT: Final = "application/cloudevents+json; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain; charset=utf-8"


def envelope(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """Type, time and data, as Standard Webhooks advises."""
    return Rendered(CONTENT_TYPE, render(occasion.type, occasion.occurred_at, occasion.data))


def cloud_event(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """CloudEvents 1.0, structured: everything in the body."""
    body = {
        "specversion": "1.0",
        **_attributes(occasion, options),
        "datacontenttype": CONTENT_TYPE,
        "data": occasion.data,
    }
    return Rendered(CLOUD_EVENT, orjson.dumps(body))


def binary_cloud_event(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """CloudEvents 1.0, binary: the attributes are headers, the body is the data alone."""
    attributes = {"specversion": "1.0", **_attributes(occasion, options)}
    lines = tuple(
        # Printable ASCII goes as it is; the specification has the rest, quotes and percents encoded.
        f"ce-{name}: {quote(value, safe=':/?#[]@!$&()*+,;=~ ')}"
        for name, value in attributes.items()
    )
    return Rendered(CONTENT_TYPE, orjson.dumps(occasion.data), lines)


def _attributes(occasion: Occasion, options: Mapping[str, str]) -> dict[str, str]:
    return {
        "id": occasion.message_id,
        "source": options.get("source") or settings.PUBLIC_URL,
        "type": occasion.type,
        "time": occasion.moment,
    }


def form(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """Fields such as `data[client][number]`, as PHP and others read them."""
    fields = [("type", occasion.type), ("timestamp", occasion.moment), *_fields(occasion.data, "data")]
    return Rendered(FORM, urlencode(fields).encode())


def _fields(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _fields(inner, f"{name}[{key}]")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _fields(inner, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, str(value).lower()
    else:
        yield name, "" if value is None else str(value)


def plain_text(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    if text is None:
        text = report_text(occasion)
    if text is None:
        facts = [f"{name}: {value}" for name, value in occasion.facts()]
        text = "\n".join([occasion.title, *facts, f"{occasion.local_time} · {occasion.type}"])
    return Rendered(TEXT, text.encode())


def own_json(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """What the template makes must be JSON: a receiver would refuse anything else at every try."""
    body = (text or "").encode()
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RenderFailed(_("What the template makes is not JSON: %(why)s.") % {"why": error}) from error
    return Rendered(CONTENT_TYPE, body)
