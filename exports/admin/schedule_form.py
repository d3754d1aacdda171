"""The form of a schedule's page."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exports.models import ExportSchedule
from exports.refusals import InvalidRequest
from exports.schedules.owners import check_saving
from tenants.admin.inputs import AddressLines, ClockInput
from tenants.models import Member
from tenants.scoping import current_tenant_id


class ScheduleForm(forms.ModelForm[ExportSchedule]):
    member: ClassVar[Member | None] = None
    """Who fills it in; None for operators."""

    recipients = AddressLines(
        label=_("E-mail"),
        required=False,
        help_text=_("Members who get a mail with a link to the file. Addresses, one a line."),
    )

    class Meta:
        model = ExportSchedule
        # The page adds those that point at other rows: they are looked up in the scope of a request.
        fields = (
            *("name", "rhythm", "at", "weekday", "month_day", "cron", "rows", "recipients", "is_enabled"),
        )
        widgets = {"at": ClockInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._former = self.instance.dataset
        # Left out, they are as usual.
        for name in {"at", "weekday", "month_day", "cron"} & set(self.fields):
            self.fields[name].required = False
        if "owner" in self.fields and self.instance._state.adding and self.member is not None:
            self.fields["owner"].initial = self.member.pk

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("at", "weekday", "month_day"):
            if cleaned.get(name) is None and name not in self.errors:
                cleaned[name] = getattr(self.instance, name)
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """The name is checked within the company, which no form asks for."""
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        self.instance.tenant_id = self.instance.tenant_id or current_tenant_id()  # type: ignore[assignment]  # the page is not there without one
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            check_saving(self.instance, self.member, None, self._former)
        except InvalidRequest as error:
            self.add_error(error.field if error.field in self.fields else None, error.message)

    def _update_errors(self, errors: ValidationError) -> None:
        """The row knows more parts than the form asks for."""
        if hasattr(errors, "error_dict"):
            for name in set(errors.error_dict) - set(self.fields) - {"__all__"}:
                texts = [ValidationError(f"{name}: {text}") for text in errors.error_dict.pop(name)]
                errors.error_dict.setdefault("__all__", []).extend(texts)
        super()._update_errors(errors)  # type: ignore[misc]  # Django's own, not in the stubs
