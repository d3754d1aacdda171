"""Forms of smart redirect: lists are typed one entry a line, the order of sources by three choices."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from telephony.models import RedirectLine, RedirectSettings, RedirectSource

PLACES = ("first", "second", "third")
TITLES = {"first": _("asked first"), "second": _("then"), "third": _("at last")}


class LinesField(forms.CharField):
    """A list of texts as lines."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return list(dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


def _source(title: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=title,
        required=False,
        choices=[("", "—"), *RedirectSource.choices],
        widget=UnfoldAdminSelectWidget(),
    )


class _WithSources(forms.ModelForm[Any]):
    """The list `sources` as three choices in their order."""

    first = _source(TITLES["first"])
    second = _source(TITLES["second"])
    third = _source(TITLES["third"])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.label = capfirst(str(field.label or ""))
        for place, source in zip(PLACES, self.instance.sources or [], strict=False):
            self.fields[place].initial = source

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        chosen = [data[place] for place in PLACES if data.get(place)]
        if len(set(chosen)) != len(chosen):
            raise ValidationError(_("Each source can be asked once only."))
        self.instance.sources = chosen
        return data


class RedirectSettingsForm(_WithSources):
    excluded_lines = LinesField(
        label=_("lines without it"), required=False, help_text=_("One a line, as the exchange names them.")
    )
    excluded_numbers = LinesField(
        label=_("callers without it"),
        required=False,
        help_text=_("One a line; for example the employees' own mobile numbers."),
    )
    contexts = LinesField(
        label=_("contexts that a waiting call may be moved to"),
        required=False,
        help_text=_("One a line. The first one is used unless the request names another of them."),
    )

    def clean(self) -> Any:
        if self.instance._state.adding and RedirectSettings.objects.exists():
            raise ValidationError(_("The company has these settings already: change them."))
        return super().clean()

    class Meta:
        model = RedirectSettings
        fields: ClassVar[Any] = (
            "is_enabled", "days", "budget_ms", "remembers_minutes", "ring_seconds", "checks_hours", "skips_busy",
            "checks_status", "excluded_lines", "excluded_numbers", "contexts",
        )  # fmt: skip


class RedirectLineForm(_WithSources):
    class Meta:
        model = RedirectLine
        fields: ClassVar[Any] = ("line", "is_enabled", "checks_hours")
