"""Applies rules to records and changes. Pure: no database, no clock, no request, and no value loses the record."""

from dataclasses import dataclass, replace
from typing import Any

from integrations.capabilities import Change
from integrations.capabilities.base import Text
from integrations.capabilities.records import value_at
from integrations.mapping.casting import cast, plain
from integrations.mapping.ours import CUSTOM, OurField, OurType, our_field
from integrations.mapping.rules import Rule, Rules
from integrations.mapping.shown import shown
from integrations.mapping.transforms import TRANSFORMS
from integrations.mapping.values import Context, NotConvertible, is_empty
from integrations.records import Record, RecordKind


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that could not be converted. `row` counts from 1; `value` is its beginning, as people see it."""

    row: int
    theirs: str
    ours: str
    value: str
    text: Text


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """The record with what the mapping made of its raw fields; what is named in `problems` stayed as it was."""

    record: Record
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedChange:
    """The change whose `extra` holds what the mapping sends; what is named in `problems` is not sent."""

    change: Change
    problems: tuple[Problem, ...] = ()


def apply_in(record: Record, rules: Rules, context: Context) -> MappedRecord:
    """Where theirs is empty and the rule has no default, what the connector found stays.

    Several rules may fill one list; its items are then put together in the order of the rules.
    """
    context = replace(context, raw=record.raw)
    found: dict[str, Any] = {}
    custom = dict(record.custom)
    problems: list[Problem] = []
    for row, rule in enumerate(rules, 1):
        field = our_field(record.kind, rule.ours)
        if field is None or not rule.comes_in:
            continue
        try:
            value = incoming(rule, field, context)
        except NotConvertible as error:
            problems.append(_problem(row, rule, value_at(record.raw, rule.theirs), error))
            continue
        if value is None:
            continue
        if field.name.startswith(CUSTOM):
            custom[field.name.removeprefix(CUSTOM)] = value
        else:
            found[field.name] = _together(field, found.get(field.name), value)
    _keep_currency(record, found)
    return MappedRecord(replace(record, custom=custom, **found), tuple(problems))


def incoming(rule: Rule, field: OurField, context: Context) -> Any:
    """What one rule makes of an object; None when there is nothing."""
    transform = TRANSFORMS[rule.transform]
    value = value_at(context.raw, rule.theirs) if rule.theirs else None
    made = None
    if transform.makes_values or not is_empty(value):
        made = transform.inward(value, rule.parameters, context)
    if not is_empty(made):
        return cast(field, made, context)
    return cast(field, rule.default, context) if rule.default else None


def apply_out(change: Change, rules: Rules, context: Context) -> MappedChange:
    """What `extra` says already wins over the mapping. Only rules of the fields that changed are applied."""
    made: dict[str, Any] = {}
    problems: list[Problem] = []
    for row, rule in enumerate(rules, 1):
        if not rule.goes_out or not rule.theirs or not _is_wanted(rule, change):
            continue
        value = ours_at(change.record, rule.ours)
        try:
            sent = _outgoing(rule, value, context)
        except NotConvertible as error:
            problems.append(_problem(row, rule, value, error))
            continue
        if sent is None and is_empty(value) and not change.fields:
            continue  # a new object is not told what it does not have
        made[rule.theirs] = _emptied(change.record.kind, rule) if sent is None else sent
    return MappedChange(replace(change, extra={**made, **change.extra}), tuple(problems))


def ours_at(record: Record, name: str) -> Any:
    """A field of ours, or one of the account's own."""
    if name.startswith(CUSTOM):
        return record.custom.get(name.removeprefix(CUSTOM))
    return getattr(record, name, None) if name else None


def _outgoing(rule: Rule, value: Any, context: Context) -> Any:
    transform = TRANSFORMS[rule.transform]
    made = None
    if transform.outward and ((transform.makes_values and not rule.ours) or not is_empty(value)):
        made = transform.outward(value, rule.parameters, context)
    if is_empty(made):
        return rule.default or None
    return plain(made)


def _is_wanted(rule: Rule, change: Change) -> bool:
    """A constant belongs to every change; `custom` names all of the account's own fields at once."""
    if not change.fields or not rule.ours:
        return True
    return rule.ours in change.fields or rule.ours.partition(".")[0] in change.fields


def _emptied(kind: RecordKind, rule: Rule) -> Any:
    """How a value that was taken away is sent."""
    field = our_field(kind, rule.ours)
    if field is None:
        return None
    if field.type.is_list:
        return []
    return "" if field.type in (OurType.TEXT, OurType.PHONE) else None


def _together(field: OurField, former: Any, value: Any) -> Any:
    if not field.type.is_list or not former:
        return value
    return (*former, *(one for one in value if one not in former))


def _keep_currency(record: Record, found: dict[str, Any]) -> None:
    """A mere number changes the amount, not the currency that the connector knows."""
    for name, value in found.items():
        known = getattr(record, name)
        currency = getattr(known, "currency", "")
        if currency and not getattr(value, "currency", True):
            found[name] = replace(value, currency=currency)


def _problem(row: int, rule: Rule, value: Any, error: NotConvertible) -> Problem:
    return Problem(row, rule.theirs, rule.ours, shown(value), error.text)
