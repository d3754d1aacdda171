"""Call rules: a list in the order in which they are looked at, a form by choices, and what one would have done."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from integrations.capabilities import CallFollowUps
from integrations.connectors import with_capability
from telephony.admin.choices import ChoicePage
from telephony.models import CallRule, Line
from telephony.models.rule import ANY
from telephony.selectors.preview import preview
from tenants.admin.badges import badge


class RuleForm(forms.ModelForm[CallRule]):
    """Lines are chosen among those that there are, and those that the rule names already."""

    lines = forms.MultipleChoiceField(
        label=_("Our lines"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: all."),
    )

    class Meta:
        model = CallRule
        fields = ("name", "place", "is_enabled")  # the page adds the others

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        titles = {line.number: str(line) for line in Line.objects.order_by("number")[:500]}
        titles |= {number: number for number in self.instance.lines if number not in titles}
        self.fields["lines"].choices = list(titles.items())  # type: ignore[attr-defined]


@admin.register(CallRule)
class RulePage(ChoicePage):
    form = RuleForm
    menu_icon = "rule"
    menu_place = 50
    menu_settings = True
    empty_hint = _(
        "Without a rule a call is only told. A rule makes a contact, a lead or a task to call back of it, in every CRM."
    )
    list_display = ("place", "name", "condition", "effects", "state_label")
    list_display_links = ("name",)
    list_select_related = ("integration",)
    ordering = ("place", "id")
    change_form_outer_after_template = "admin/telephony/rule.html"
    fieldsets = (
        (None, {"fields": ("name", "place", "is_enabled", "integration")}),
        (_("For which calls"), {"fields": ("direction", "outcome", "client", "hours", "lines")}),
        (
            _("What is done"),
            {
                "fields": (
                    "creates_contact",
                    "creates_lead",
                    "is_lead_single",
                    "creates_task",
                    "task_hours",
                    "name_template",
                )
            },
        ),
        (_("Whose it becomes"), {"fields": ("responsible", "extension")}),
    )

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "integration":
            able = field.queryset.filter(connector__in=with_capability(CallFollowUps))
            field.queryset = able.defer("credentials", "own_secrets")
        return field

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["previewed"] = preview(obj) if obj is not None else None
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("for which calls"))
    def condition(self, rule: CallRule) -> str:
        parts = [
            getattr(rule, f"get_{name}_display")()
            for name in ("direction", "outcome", "client", "hours")
            if getattr(rule, name) != ANY
        ]
        if rule.lines:
            parts.append(gettext("lines: %(lines)s") % {"lines": ", ".join(rule.lines)})
        if rule.integration is not None:
            parts.append(rule.integration.name)
        return " · ".join(map(str, parts)) or gettext("all calls")

    @display(description=_("what is done"))
    def effects(self, rule: CallRule) -> str:
        task = gettext("task within %(hours)s h") % {"hours": rule.task_hours}
        found = {
            gettext("contact"): rule.creates_contact,
            gettext("lead"): rule.creates_lead,
            task: rule.creates_task,
        }
        return ", ".join(text for text, is_wanted in found.items() if is_wanted)

    @display(description=_("state"))
    def state_label(self, rule: CallRule) -> SafeString:
        return badge(_("enabled"), "good") if rule.is_enabled else badge(_("switched off"), "quiet")
