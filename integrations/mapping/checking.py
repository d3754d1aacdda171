"""Rules as somebody entered them -> rules that work; every mistake named by its row and field."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.fields import clean_values
from integrations.mapping.casting import cast
from integrations.mapping.ours import CUSTOM, our_field
from integrations.mapping.rules import AS_IS, KEYS, Rule, Rules, Way
from integrations.mapping.transforms import TRANSFORMS, Transform
from integrations.mapping.values import Context, NotConvertible
from integrations.records import RecordKind

MOST_RULES = 200
LONGEST_NAME = 200
LONGEST_DEFAULT = 500

Errors = dict[str, Any]


def check_rules(kind: RecordKind, rows: object) -> Rules:
    """ValidationError keyed `rules.<row from 0>.<field>`, all mistakes at once."""
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise ValidationError({"rules": _("A list of rules was expected.")})
    if len(rows) > MOST_RULES:
        text = _("At most %(count)d rules.") % {"count": MOST_RULES}
        raise ValidationError({"rules": text})
    errors: Errors = {}
    checked = [_row(kind, number, row, errors) for number, row in enumerate(rows)]
    rules = tuple(rule for rule in checked if rule is not None)
    if not errors:
        _refuse_doubles(kind, rules, errors)
    if errors:
        raise ValidationError(errors)
    return rules


def _row(kind: RecordKind, number: int, row: object, errors: Errors) -> Rule | None:
    found: Errors = {}
    rule = None
    if not isinstance(row, Mapping):
        errors[f"rules.{number}"] = _("A rule is an object with the keys %(keys)s.") % {
            "keys": ", ".join(KEYS)
        }
        return None
    found |= {str(key)[:LONGEST_NAME]: _("There is no such field.") for key in row if key not in KEYS}
    try:
        rule = _read(row, found)
        if rule is not None:
            _fits(kind, rule, found)
    finally:
        errors |= {f"rules.{number}.{name}": text for name, text in found.items()}
    return rule if not found else None


def _read(row: Mapping[str, Any], found: Errors) -> Rule | None:
    texts = {name: _text(row, name, found) for name in ("theirs", "ours", "default")}
    code, way = row.get("transform", AS_IS), row.get("direction", Way.IN)
    if not isinstance(code, str) or code not in TRANSFORMS:
        found["transform"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(TRANSFORMS)}
    if way not in [one.value for one in Way]:
        found["direction"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(Way)}
    if found:
        return None
    parameters = _parameters(TRANSFORMS[code], row.get("parameters", {}), found)
    return Rule(**texts, way=Way(way), transform=code, parameters=parameters)


def _text(row: Mapping[str, Any], name: str, found: Errors) -> str:
    value = row.get(name, "")
    longest = LONGEST_DEFAULT if name == "default" else LONGEST_NAME
    if not isinstance(value, str):
        found[name] = _("This must be text.")
    elif len(value) > longest:
        found[name] = _("This text is too long.")
    elif any(ord(char) < 0x20 or 0xD800 <= ord(char) <= 0xDFFF for char in value):
        found[name] = _("Control characters are not allowed.")
    else:
        return value.strip()
    return ""


def _parameters(transform: Transform, given: object, found: Errors) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        found["parameters"] = _("An object was expected.")
        return {}
    try:
        return clean_values(transform.parameters, {str(name): value for name, value in given.items()})
    except ValidationError as error:
        found |= {f"parameters.{name}": texts for name, texts in error.message_dict.items()}
        return {}


def _fits(kind: RecordKind, rule: Rule, found: Errors) -> None:
    transform = TRANSFORMS[rule.transform]
    field = our_field(kind, rule.ours)
    if rule.goes_out and not transform.is_reversible:
        found["direction"] = _("This transform works only from theirs to ours.")
    if not rule.ours:
        if rule.comes_in or not transform.makes_values:
            found["ours"] = _("Choose a field of ours.")
    elif field is None or not _is_code(rule.ours):
        found["ours"] = _("There is no such field. Fields of your own begin with custom.")
    if not rule.theirs and (rule.goes_out or not transform.makes_values):
        found["theirs"] = _("Choose a field of theirs.")
    if rule.default and field is not None and rule.comes_in and "ours" not in found:
        try:
            cast(field, rule.default, Context(region="ZZ"))
        except NotConvertible as error:
            found["default"] = error.text


def _is_code(name: str) -> bool:
    code = name.removeprefix(CUSTOM)
    return not name.startswith(CUSTOM) or (
        len(code) <= 100 and all(char.isalnum() or char in "_-." for char in code)
    )


def _refuse_doubles(kind: RecordKind, rules: Rules, errors: Errors) -> None:
    """One field has one source; only lists are put together of several."""
    filled: dict[tuple[str, str], int] = {}
    for number, rule in enumerate(rules):
        field = our_field(kind, rule.ours)
        sides = [("ours", rule.ours)] if rule.comes_in and not (field and field.type.is_list) else []
        sides += [("theirs", rule.theirs)] if rule.goes_out else []
        for side in sides:
            first = filled.setdefault(side, number)
            if first != number:
                text = _("Row %(number)d fills this field already.") % {"number": first + 1}
                errors[f"rules.{number}.{side[0]}"] = text
