"""What an exchange's page says of its manager interface: the account, how we are connected, the last gaps, a test."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations.capabilities import Diagnosis
from telephony.listening.troubles import in_words, warnings_in_words
from telephony.models import AmiAccess, ListenerState, Pbx, PbxStatus
from tenants.access import ADMINISTRATORS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import TenantStackedInline

DIAGNOSIS = "exchange_diagnosis"
OUTAGES_SHOWN = 10
TONES: dict[str, Tone] = {
    ListenerState.CONNECTED: "good",
    ListenerState.CONNECTING: "warn",
    ListenerState.FAILING: "bad",
    ListenerState.REFUSED: "bad",
}


class AmiForm(forms.ModelForm[AmiAccess]):
    """The password is never shown; left empty, the present one stays."""

    secret = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["secret"].help_text = _("Set, and not shown. Leave it empty to keep it.")

    def clean_secret(self) -> str:
        given = str(self.cleaned_data.get("secret") or "")
        if not given and self.instance._state.adding:
            raise forms.ValidationError(_("The password is missing."))
        return given or self.instance.secret


class AmiInline(TenantStackedInline):
    """At most one of each exchange."""

    model = AmiAccess
    form = AmiForm
    view_roles = ADMINISTRATORS
    fields = ("is_enabled", "host", "port", "security", "username", "secret", "ca")
    extra = 1
    max_num = 1
    verbose_name = _("manager interface (AMI)")
    verbose_name_plural = _(
        "Manager interface (AMI): the exchange is listened to without a change of its dialplan"
    )


def connection_badge(pbx: Pbx) -> SafeString:
    """How the exchange is heard, for a list."""
    return _badge(getattr(pbx, "status", None))


def connection_context(request: HttpRequest, pbx: Pbx) -> dict[str, Any]:
    """For the card on its page. Three queries."""
    status = PbxStatus.objects.filter(pbx=pbx).first()
    return {
        "has_ami": AmiAccess.objects.filter(pbx=pbx).exists(),
        "status": status,
        "status_badge": _badge(status),
        "trouble": in_words(status.reason, status.detail) if status and status.reason else "",
        "warnings": warnings_in_words(status.warnings) if status else [],
        "outages": list(pbx.outages.order_by("-started_at")[:OUTAGES_SHOWN]),
        "diagnosis": _take_diagnosis(request, str(pbx.pk)),
    }


def _badge(status: PbxStatus | None) -> SafeString:
    if status is None:
        return badge(_("not listening"))
    return badge(status.get_state_display(), TONES.get(status.state, "quiet"))


def keep_diagnosis(request: HttpRequest, pbx: Pbx, found: Diagnosis) -> None:
    """For the page that follows, and only once."""
    checks = [
        {"title": str(one.title), "state": one.state.value, "text": str(one.text), "advice": str(one.advice)}
        for one in found.checks
    ]
    request.session[DIAGNOSIS] = {
        "of": str(pbx.pk),
        "works": found.works,
        "summary": str(found.summary),
        "checks": checks,
    }


def _take_diagnosis(request: HttpRequest, pk: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = request.session.get(DIAGNOSIS)
    if found is None or found["of"] != pk:
        return None
    del request.session[DIAGNOSIS]
    return found
