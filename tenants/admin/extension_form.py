"""An internal number in a form, with the mobile numbers of whoever has it, one a line."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants.actions.save_mobiles import check_free, checked_mobiles, mobiles_of
from tenants.models import Extension, Tenant
from tenants.scoping import current_tenant_id


class ExtensionForm(forms.ModelForm[Extension]):
    mobile_numbers = forms.CharField(
        label=_("Mobile numbers"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false", "inputmode": "tel"}),
        help_text=_("One a line. Calls with them are this colleague's, and between colleagues internal."),
    )

    class Meta:
        model = Extension
        fields = ("number", "name")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("mobile_numbers", "\n".join(mobiles_of(self.instance)))

    def clean_mobile_numbers(self) -> list[str]:
        texts = [line.strip() for line in self.cleaned_data["mobile_numbers"].splitlines() if line.strip()]
        tenant = Tenant.objects.filter(pk=self.instance.tenant_id or current_tenant_id() or 0).first()
        if not texts or tenant is None:
            return []
        self.instance.tenant = tenant
        numbers = checked_mobiles(texts, tenant.phone_region)
        check_free({self.instance: numbers})
        return numbers
