"""Contacts and companies: changed here as well, with what they might be duplicates of, and what was merged into them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from exports.admin.import_button import ImportButtonMixin
from integrations import models
from integrations.actions.edit_record import change_record, checked_values, create_record
from integrations.admin.dialling import dials
from integrations.admin.records import RecordAdmin
from integrations.duplicates.reads import groups_of, merges_of
from integrations.store.content import values_of_row
from integrations.store.parts import LISTS
from integrations.store.shapes import shape_of
from tenants.models import Tenant
from tenants.scoping import current_tenant_id


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class PersonForm(forms.ModelForm[Any]):
    """Says what is wrong in the words of the action, by field; who is slower is told."""

    phones = LinesField(label=_("phones"), required=False, help_text=_("One a line."))
    emails = LinesField(label=_("e-mails"), required=False, help_text=_("One a line."))
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row_version = "" if self.instance._state.adding else self.instance.updated_at.isoformat()
        self.fields["version"].initial = self.row_version

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.pop("version", "") != self.row_version:
            raise ValidationError(_("It has been changed meanwhile: look at it again."))
        shape = shape_of(self.instance.kind)
        tenant = Tenant.objects.get(pk=self.instance.tenant_id or current_tenant_id() or 0)
        current = values_of_row(self.instance, shape)
        # A value that the form's own field refused is told of already.
        given = {name: value for name, value in values.items() if name in shape.columns}
        self.wanted = checked_values(shape, given, current, tenant.phone_region)
        if not self.errors and not any(self.wanted.get(name) for name in ("name", *LISTS)):
            raise ValidationError({"name": _("A name, a phone or an e-mail is needed.")})
        return values

    def _post_clean(self) -> None:
        """The action writes: the instance stays as it was read."""


class PeopleAdmin(RecordAdmin):
    form = PersonForm
    withheld = ()
    menu_icon, menu_place = "person", 50
    change_form_outer_before_template = "admin/duplicates/person.html"
    own: ClassVar[tuple[str, ...]] = ()

    class Media:
        css = {"all": ("exports/exports.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        can_write = (
            self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        )
        fields = (*self.own, *(("version",) if can_write else ()))
        if obj is None:
            return ((None, {"fields": fields}),)
        times = ("outside_created_at", "outside_updated_at", "created_at", "updated_at", "deleted_at")
        return ((None, {"fields": fields}), (_("Further"), {"fields": ("custom", "url", *times)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return (
            "custom",
            "url",
            "outside_created_at",
            "outside_updated_at",
            "created_at",
            "updated_at",
            "deleted_at",
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is gone or a part of another one is for looking."""
        is_there = obj is None or (obj.deleted_at is None and obj.merged_into is None)
        return is_there and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            tenant = Tenant.objects.get(pk=obj.tenant_id)
            change_record(tenant, obj.kind, obj.pk, form.wanted)
        else:
            tenant = Tenant.objects.get(pk=current_tenant_id() or 0)
            create_record(tenant, obj.kind, form.wanted, pk=obj.pk)
            obj.tenant_id, obj.name = tenant.pk, form.wanted.get("name", "")
            obj._state.adding = False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["groups"] = [] if obj.merged_into else groups_of(obj.pk)
            context["merges"] = merges_of(obj.pk)
            context["dials"] = dials(request, obj.phones)
            context["merged_into"] = obj.merged_into
            context["people_address"] = f"admin:integrations_{self.opts.model_name}_change"
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


@admin.register(models.Contact)
class ContactAdmin(ImportButtonMixin, PeopleAdmin):
    menu_icon, menu_place, export_dataset = "person", 50, "contacts"
    columns = ("phones_shown", "emails_shown", "position")
    own = (
        "name", "first_name", "middle_name", "last_name", "phones", "emails", "position", "responsible_id", "address",
        "comment",
    )  # fmt: skip


@admin.register(models.Company)
class CompanyAdmin(ImportButtonMixin, PeopleAdmin):
    menu_icon, menu_place, export_dataset = "apartment", 51, "companies"
    columns = ("tax_number", "phones_shown", "emails_shown")
    own = ("name", "phones", "emails", "website", "tax_number", "responsible_id", "address", "comment")
