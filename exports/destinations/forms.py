"""The typed form of each kind: one declaration checks what the API, the admin and the configuration file say."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.egress import UrlProblem, check_url

LONGEST_SECRET: Final = 20_000
LOGINS: Final = (
    ("none", _("none")),
    ("basic", _("user name and password")),
    ("bearer", _("a token (Bearer)")),
)
EXISTING: Final = (("replace", _("replace it")), ("refuse", _("leave it and fail")))


class SecretField(forms.CharField):
    """Goes in and never comes out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "strip": False, "max_length": LONGEST_SECRET, **options})


class AddressField(forms.CharField):
    """A web address. Whether it may be private depends on the company (`KindForm.extra`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1000, **options)


class LinesField(forms.Field):
    """A list of texts; a text has one in each line."""

    def to_python(self, value: Any) -> list[str]:
        lines = value.replace(",", "\n").split() if isinstance(value, str) else list(value or [])
        if not all(isinstance(line, str) for line in lines):
            raise ValidationError(_("A list of texts is expected."))
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


def existing_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("A file of this name that is there already"), choices=EXISTING, initial="replace"
    )


class KindForm(forms.Form):
    """Settings and credentials of one kind. Credentials are the secret fields, and are sent to where `home` says."""

    home: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Mapping[str, Any], extra: str = "") -> None:
        """`extra` are the company's own exceptions from the egress policy."""
        self.extra = extra
        super().__init__(data)

    @classmethod
    def secrets(cls) -> tuple[str, ...]:
        return tuple(name for name, field in cls.base_fields.items() if isinstance(field, SecretField))

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        return tuple(name for name in cls.base_fields if name not in cls.secrets())

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, AddressField) and found.get(name):
                found[name] = self._address(name, found[name])
        return found

    def need(self, *names: str) -> None:
        """Say so where one of them is empty."""
        for name in names:
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _("This field is required."))

    def drop(self, *names: str) -> None:
        """What the chosen way does not use is not stored."""
        self.cleaned_data.update(dict.fromkeys(names, ""))

    def clean_login(self) -> str:
        return str(self.cleaned_data.get("login") or "none")

    def check_login(self) -> None:
        """For those with LOGINS: the fields of the chosen one, and no others."""
        used = {"basic": ("username", "password"), "bearer": ("token",)}.get(self.cleaned_data["login"], ())
        self.need(*used)
        self.drop(*(name for name in ("username", "password", "token") if name not in used))

    def _address(self, name: str, text: str) -> str:
        # What stands in braces is replaced later; braces themselves are no part of addresses.
        plain = text.replace("{name}", "name")
        try:
            checked = check_url(plain, self.extra)
        except UrlProblem as problem:
            self.add_error(name, str(problem))
            return text
        return checked if plain == text else text


def clean_values(
    form: type[KindForm], settings: Mapping[str, Any], credentials: Mapping[str, Any], extra: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """Both as they are to be stored; ValidationError keyed `settings.host`, `credentials.password` and so on."""
    errors = _strangers(form, settings, credentials)
    defaults = {name: field.initial for name, field in form.base_fields.items() if field.initial is not None}
    given = {name: value for name, value in {**settings, **credentials}.items() if value is not None}
    filled = form({**defaults, **given}, extra)
    if not filled.is_valid():
        for name, messages in filled.errors.items():
            errors.setdefault(_path(form, name), [str(text) for text in messages])
    if errors:
        raise ValidationError(errors)
    found = filled.cleaned_data
    return (
        {name: found[name] for name in form.settings()},
        {name: found[name] for name in form.secrets() if found[name]},
    )


def _path(form: type[KindForm], name: str) -> str:
    return f"credentials.{name}" if name in form.secrets() else f"settings.{name}"


def _strangers(
    form: type[KindForm], settings: Mapping[str, Any], credentials: Mapping[str, Any]
) -> dict[str, Any]:
    """Fields that do not exist, and values that are no field's: forms themselves make a text of anything."""
    errors: dict[str, Any] = {}
    for part, values, known in (
        ("settings", settings, form.settings()),
        ("credentials", credentials, form.secrets()),
    ):
        for name, value in values.items():
            if name not in known:
                errors[f"{part}.{str(name)[:50]}"] = [str(_("There is no such field."))]
            elif not _fits(form.base_fields[name], value):
                errors[f"{part}.{name}"] = [str(_WRONG_TYPE[_type(form.base_fields[name])])]
    return errors


_TYPES: Final[Mapping[type, tuple[type, ...]]] = {
    forms.BooleanField: (bool,),
    forms.IntegerField: (int, str),
    LinesField: (list, str),
    forms.CharField: (str,),
    forms.ChoiceField: (str,),
}
_WRONG_TYPE: Final = {
    forms.BooleanField: _("This must be true or false."),
    forms.IntegerField: _("This must be a number."),
    LinesField: _("A list of texts is expected."),
    forms.CharField: _("This must be text."),
    forms.ChoiceField: _("This must be text."),
}


def _type(field: forms.Field) -> type:
    # IntegerField before CharField and so on: none of them is another's subclass but by Field.
    return next(kind for kind in _TYPES if isinstance(field, kind))


def _fits(field: forms.Field, value: Any) -> bool:
    if value is None:
        return True
    kind = _type(field)
    return isinstance(value, _TYPES[kind]) and (kind is forms.BooleanField or not isinstance(value, bool))
