"""Transforms of lists: their first item, a field of each, and the lines of an order."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.capabilities.records import value_at
from integrations.fields import Field
from integrations.mapping.transforms.base import Transform
from integrations.mapping.values import Context, NotConvertible, as_decimal, as_text, is_empty
from integrations.records import OrderLine

Parameters = Mapping[str, Any]
MOST_LINES = 5000


def first(value: Any, parameters: Parameters, context: Context) -> Any:
    if isinstance(value, list | tuple):
        return next((one for one in value if not is_empty(one)), None)
    return value


def each(value: Any, parameters: Parameters, context: Context) -> list[Any]:
    found = (value_at(item, parameters["field"]) for item in _objects(value))
    return [one for one in found if not is_empty(one)]


def each_back(value: Any, parameters: Parameters, context: Context) -> list[dict[str, Any]]:
    items = value if isinstance(value, list | tuple) else [value]
    return [{parameters["field"]: one} for one in items]


def order_lines(value: Any, parameters: Parameters, context: Context) -> tuple[OrderLine, ...]:
    return tuple(_line(item, parameters) for item in _objects(value))


def _line(item: Mapping[str, Any], parameters: Parameters) -> OrderLine:
    def text(name: str) -> str:
        found = value_at(item, parameters.get(name) or "")
        return "" if is_empty(found) else as_text(found).strip()

    def number(name: str) -> Any:
        found = value_at(item, parameters.get(name) or "")
        return None if is_empty(found) else as_decimal(found)

    quantity = number("quantity")
    return OrderLine(
        name=text("name"),
        quantity=as_decimal(1) if quantity is None else quantity,
        outside_id=text("id"),
        sku=text("sku"),
        product_id=text("product_id"),
        price=number("price"),
        total=number("total"),
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list | tuple) else [value]
    if len(items) > MOST_LINES or not all(isinstance(item, Mapping) for item in items):
        raise NotConvertible(_("This must be a list of objects."))
    return list(items)


LISTS: tuple[Transform, ...] = (
    Transform(
        code="first",
        title=_("the first of a list"),
        help=_("Takes the first item that is not empty; outwards the first one of ours."),
        inward=first,
        outward=first,
    ),
    Transform(
        code="each",
        title=_("a field of each item"),
        help=_("Makes a list of values of a list of objects, such as the numbers of all phones."),
        parameters=(Field("field", _("field of the item")),),
        inward=each,
        outward=each_back,
    ),
    Transform(
        code="order_lines",
        title=_("lines of an order"),
        help=_("Makes the lines of an order of a list of objects."),
        parameters=(
            Field("name", _("name"), default="name"),
            Field("quantity", _("quantity"), default="quantity"),
            Field("id", _("line's id"), required=False),
            Field("sku", _("article number"), required=False),
            Field("product_id", _("product's id"), required=False),
            Field("price", _("price of one"), required=False),
            Field("total", _("total of the line"), required=False),
        ),
        inward=order_lines,
    ),
)
