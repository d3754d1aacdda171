"""What every record has, and money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from integrations.records.kinds import RecordKind

Json = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount; `currency` is an ISO 4217 code, empty where the outside system does not say."""

    amount: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One outside object in our words.

    `outside_id` is empty only for what is to be created there. References to other records (`contact_ids`, …) are
    outside ids of the same system. `url` is the page that people open there. `custom` keeps the fields that only this
    account has, by their codes. `raw` holds the object's fields by the names that `Records.describe` gives: what field
    mappings read; it is no part of the record's identity.
    """

    kind: ClassVar[RecordKind]

    outside_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    custom: Json = field(default_factory=dict)
    raw: Json = field(default_factory=dict, compare=False, repr=False)
