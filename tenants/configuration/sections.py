"""What a section of the file is, and the plan in which applying it notes every change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from tenants import audit
from tenants.configuration.reading import Block, ConfigurationError, Fraction, Items, Number, Place
from tenants.models import Tenant

Verb = Literal["create", "update", "delete"]
SIGNS = {"create": "+", "update": "~", "delete": "-"}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference."""

    verb: Verb
    what: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}: {value!r}" for name, value in audit.without_secrets(self.details).items())
        return f"{SIGNS[self.verb]} {self.what}" + (f" ({shown})" if shown else "")


@dataclass(slots=True)
class Plan:
    """Collects changes while a file is applied. In a dry run everything is rolled back afterwards."""

    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def warn(self, place: Place, message: str) -> None:
        """Something the operator may want, but should know of."""
        self.warnings.append(f"{place}: {message}")

    def note(self, verb: Verb, what: str, **details: Any) -> None:
        self.changes.append(Change(verb, what, details))

    def save(
        self, obj: models.Model, what: str, values: Mapping[str, Any], place: Place | None = None
    ) -> bool:
        """Set the values, check the whole object and save it if anything differs; whether it did. Audited."""
        is_new = obj._state.adding
        before = {} if is_new else audit.snapshot(obj)
        differing = [name for name, value in values.items() if is_new or getattr(obj, name) != value]
        for name in differing:
            setattr(obj, name, values[name])
        if not differing and not is_new:
            return False
        try:
            obj.full_clean()
        except ValidationError as error:
            raise ConfigurationError(place, in_words(error)) from error
        try:
            with transaction.atomic():
                obj.save()
        except IntegrityError as error:
            raise ConfigurationError(
                place, f"{what}: something else has one of these values already"
            ) from error
        old, new = audit.changed(before, audit.snapshot(obj))
        verb: Verb = "create" if is_new else "update"
        audit.record(f"{obj._meta.model_name}.{verb}d", obj, before=old if not is_new else {}, after=new)
        self.note(verb, what, **{name: new.get(name, audit.MASK) for name in differing})
        return True


def in_words(error: ValidationError) -> str:
    """One line that names the fields."""
    if hasattr(error, "error_dict"):
        return "; ".join(f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
    return " ".join(error.messages)


class Section(ABC):
    """One key below a tenant, owned by one app. `place` orders sections: lower ones are applied first."""

    key: ClassVar[str]
    place: ClassVar[int] = 100

    @abstractmethod
    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        """Create or update what the file says, idempotently; what it does not name stays. ConfigurationError names the line."""

    @abstractmethod
    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        """The same form back, or None when there is nothing. Secrets only on request."""


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    if section.key in _sections:
        raise ValueError(f"two sections are named {section.key}")
    _sections[section.key] = section


def sections() -> list[Section]:
    return sorted(_sections.values(), key=lambda one: (one.place, one.key))


def section_keys() -> frozenset[str]:
    return frozenset(_sections)


def known_keys(block: Any, allowed: Collection[str], required: Collection[str] = ()) -> Block:
    """The block itself, if it is a mapping with only these keys; an error that names the line otherwise."""
    if not isinstance(block, Block):
        raise ConfigurationError(None, f"a mapping was expected with the keys {', '.join(sorted(allowed))}")
    for key in block:
        if key not in allowed:
            raise ConfigurationError(
                block.at(key), f"unknown key “{key}”; known are {', '.join(sorted(allowed))}"
            )
    for key in required:
        if block.get(key) in (None, ""):
            raise ConfigurationError(block.place, f"the key “{key}” is missing")
    return block


def each(
    value: Any,
    allowed: Collection[str],
    required: Collection[str],
    place: Place,
    *,
    identity: str | None = None,
) -> Iterator[Block]:
    """The mappings of a list, each checked by `known_keys`. No two may have the same text under the key `identity`."""
    if value is None:
        return
    seen: dict[str, int] = {}
    if not isinstance(value, Items):
        raise ConfigurationError(place, "a list was expected")
    for item, where in zip(value, value.places, strict=True):
        if not isinstance(item, Block):
            raise ConfigurationError(
                where, f"a mapping was expected with the keys {', '.join(sorted(allowed))}"
            )
        block = known_keys(item, allowed, required)
        if identity is not None:
            name = text(block, identity)
            first = seen.setdefault(name.casefold(), where.line)
            if first != where.line:
                raise ConfigurationError(block.at(identity), f"“{name}” is there already, in line {first}")
        yield block


def text(block: Block, key: str, default: str = "") -> str:
    """A scalar as text, numbers exactly as they were written. YAML takes NO, on and ~ for something else: refused."""
    value = block.get(key, default)
    if isinstance(value, bool) or value is None:
        raise ConfigurationError(block.at(key), f"“{key}” must be a text; put it in quotes")
    if isinstance(value, dict | list):
        raise ConfigurationError(block.at(key), f"“{key}” must be a text")
    return value.source if isinstance(value, Number | Fraction) else str(value)


def flag(block: Block, key: str) -> bool:
    """True or false, and nothing that only looks like it."""
    value = block[key]
    if not isinstance(value, bool):
        raise ConfigurationError(block.at(key), f"“{key}” must be true or false")
    return value
