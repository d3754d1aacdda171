"""Lines, and when they answer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from integrations.capabilities import CallNotifications
from integrations.connectors import with_capability
from integrations.models import Integration
from telephony.actions.save_line import set_hearers
from telephony.admin.choices import ChoicePage
from telephony.models import Line, LineHearer, WorkingHours
from telephony.opening import DAYS, parse_day, written
from tenants.admin.badges import badge

DAY_NAMES = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}


class LineForm(forms.ModelForm[Line]):
    hearers = forms.MultipleChoiceField(
        label=_("Integrations that hear of it"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: all."),
    )

    class Meta:
        model = Line
        fields = ("number", "name", "is_enabled", "extension")  # the page adds what is chosen among rows

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        able = Integration.objects.filter(connector__in=with_capability(CallNotifications))
        self._able = {str(one.pk): one for one in able.defer("credentials", "own_secrets")}
        choices = [(key, one.name) for key, one in self._able.items()]
        self.fields["hearers"].choices = choices  # type: ignore[attr-defined]
        if not self.instance._state.adding:
            rows = LineHearer.objects.filter(line=self.instance).values_list("integration_id", flat=True)
            self.fields["hearers"].initial = [str(one) for one in rows]

    def clean_hearers(self) -> list[Integration]:
        return [self._able[key] for key in self.cleaned_data["hearers"]]


@admin.register(Line)
class LinePage(ChoicePage):
    form = LineForm
    menu_icon = "phone_in_talk"
    menu_place = 52
    menu_settings = True
    empty_hint = _("Lines appear here by themselves with the first call on each.")
    list_display = ("number", "name", "hours", "extension", "state_label")
    list_select_related = ("hours",)
    list_filter = ("is_enabled",)
    search_fields = ("number", "name")
    fieldsets = (
        (None, {"fields": ("number", "name", "is_enabled", "hearers")}),
        (_("Who answers, and when"), {"fields": ("hours", "extension")}),
    )

    def save_model(self, request: HttpRequest, obj: Line, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        set_hearers(obj, form.cleaned_data["hearers"])

    @display(description=_("Integrations that hear of it"))
    def hearers(self, line: Line) -> str:
        """For whoever may only read."""
        names = [row.integration.name for row in line.hearers.select_related("integration")]
        return ", ".join(names) or str(_("all"))

    @display(description=_("state"))
    def state_label(self, line: Line) -> SafeString:
        if line.is_enabled:
            return badge(_("told to the CRMs"), "good")
        return badge(_("not told"), "quiet")


class HoursForm(forms.ModelForm[WorkingHours]):
    """A field for each day of the week: `09:00-13:00, 14:00-18:00`, empty for a day off."""

    class Meta:
        model = WorkingHours
        fields = ("name", "is_default", "timezone", "exceptions")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        is_new = self.instance._state.adding
        for day, title in DAY_NAMES.items():
            usual = "09:00-18:00" if is_new and day not in ("sat", "sun") else ""
            self.fields[day] = forms.CharField(
                label=title,
                required=False,
                max_length=150,
                initial=self.instance.weekly.get(day, usual),
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "09:00-13:00, 14:00-18:00"}),
            )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        weekly: dict[str, str] = {}
        for day in DAYS:
            try:
                hours = parse_day(found.get(day) or "")
            except ValidationError as error:
                self.add_error(day, error)
                continue
            if hours:
                weekly[day] = written(hours)
        self.instance.weekly = weekly
        return found


@admin.register(WorkingHours)
class HoursPage(ChoicePage):
    form = HoursForm
    menu_icon = "schedule"
    menu_place = 54
    menu_settings = True
    empty_hint = _("Without working hours every call counts as one within them.")
    list_display = ("name", "week", "is_default", "timezone")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            (None, {"fields": ("name", "is_default", "timezone")}),
            (_("Hours of the week"), {"fields": DAYS, "description": _("Empty: closed on that day.")}),
            (_("Holidays and special days"), {"fields": ("exceptions",)}),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The days are fields of the form, not of the model."""
        return super().get_form(
            request, obj, change, **{**kwargs, "fields": ["name", "is_default", "timezone", "exceptions"]}
        )

    @display(description=_("hours"))
    def week(self, hours: WorkingHours) -> str:
        days = [(day, hours.weekly[day]) for day in DAYS if hours.weekly.get(day)]
        return "; ".join(f"{DAY_NAMES[day]} {text}" for day, text in days) or "—"
