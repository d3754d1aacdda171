"""What a transform is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.capabilities.base import Text
from integrations.fields import Field
from integrations.mapping.values import Context

Convert = Callable[[Any, Mapping[str, Any], Context], Any]
"""Value, clean parameters, context -> value; `NotConvertible` otherwise, and no other error whatever the value is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One fixed way to change a value. `outward` is None for what cannot be reversed.

    The value that goes in is never empty, unless `makes_values`: such a transform needs no field of the other side.
    """

    code: str
    title: Text
    help: Text
    inward: Convert
    outward: Convert | None = None
    parameters: tuple[Field, ...] = ()
    makes_values: bool = False

    @property
    def is_reversible(self) -> bool:
        return self.outward is not None
