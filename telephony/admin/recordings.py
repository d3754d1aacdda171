"""Where exchanges keep their recordings: the place, its credentials, and whether it can be reached."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from telephony.models import RecordingStore
from telephony.recordings.places import opened
from tenants.access import ADMINISTRATORS
from tenants.admin.base import TenantAdmin
from tenants.errors import HubError

KEPT = _("Empty: what is saved stays.")
SECRETS = ("secret", "private_key")


class StoreForm(forms.ModelForm[RecordingStore]):
    """Secrets go in and never come out: an empty field keeps what is saved."""

    secret = forms.CharField(
        label=_("password or secret key"), required=False, help_text=KEPT, widget=UnfoldAdminPasswordWidget()
    )
    private_key = forms.CharField(
        label=_("private key"),
        required=False,
        help_text=KEPT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )
    template = forms.CharField(
        label=_("address of recordings"),
        required=False,
        help_text=_("For example https://pbx.example/rec/{path}."),
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.label = capfirst(str(field.label or ""))
        self._saved = {name: getattr(self.instance, name) for name in SECRETS}
        self.initial.update(dict.fromkeys(SECRETS, ""))

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        for name in SECRETS:
            data[name] = data.get(name) or self._saved[name]
        return data

    class Meta:
        model = RecordingStore
        fields: ClassVar[Any] = (
            "kind", "is_enabled", "cut", "root", "template", "host", "port", "host_key", "endpoint", "bucket", "region",
            "username", "secret", "private_key", "crm_days", "keeps_copy", "kept_days",
        )  # fmt: skip


@admin.register(RecordingStore)
class RecordingStorePage(TenantAdmin):
    menu_icon = "graphic_eq"
    menu_place = 46
    menu_settings = True
    empty_hint = _(
        "Say where the exchange keeps its recordings: then they can be listened to here and in the CRM."
    )
    view_roles = ADMINISTRATORS
    own_roles = {"try": ADMINISTRATORS}
    buttons = {"try": "try"}
    form = StoreForm
    list_display = ("pbx", "kind", "is_enabled", "keeps_copy", "kept_days", "updated_at")
    list_select_related = ("pbx",)
    change_form_outer_before_template = "admin/telephony/store.html"
    fieldsets = (
        (None, {"fields": ("pbx", "kind", "is_enabled", "cut", "root")}),
        (_("Web server"), {"fields": ("template",)}),
        (_("SFTP"), {"fields": ("host", "port", "host_key")}),
        (_("Storage"), {"fields": ("endpoint", "bucket", "region")}),
        (_("Credentials"), {"fields": ("username", "secret", "private_key")}),
        (_("How long"), {"fields": ("crm_days", "keeps_copy", "kept_days")}),
    )

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def has_try_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "try")

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(admin.site.admin_view(self.try_view))
        return [path("<uuid:key>/try/", view, name="telephony_recordingstore_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Reach the place with what is saved, and say what came of it."""
        store = self.get_object(request, str(key))
        if store is None:
            raise Http404
        if not self.has_try_permission(request):
            raise PermissionDenied
        try:
            with opened(store) as place:
                place.size(("switchboard-connection-test.wav",))
        except HubError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The place of recordings can be reached."))
        return HttpResponseRedirect(reverse("admin:telephony_recordingstore_change", args=[key]))
