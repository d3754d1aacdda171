"""A member's page: what of a second factor they have, and the page that removes it for somebody who lost it."""

import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from tenants.access import is_operator, member_of
from tenants.errors import ConfigError
from tenants.models import Member
from tenants.names import name_key
from tenants.signin.people import reset_second_factors, why_factors_stay
from tenants.signin.sessions import SECOND_FACTORS

KINDS = {"totp": _("authenticator app"), "webauthn": _("passkey"), "recovery_codes": _("recovery codes")}


class TypedNameForm(forms.Form):
    """The person's name is typed, so that nobody does it to somebody else by a slip."""

    name = forms.CharField(label=_("Type their user name"), widget=UnfoldAdminTextInputWidget())

    def __init__(self, *args: Any, member: Member, **options: Any) -> None:
        super().__init__(*args, **options)
        self.member = member

    def clean_name(self) -> str:
        if name_key(self.cleaned_data["name"]) != name_key(self.member.user.get_username()):
            raise ValidationError(_("That is not their user name."))
        return str(self.cleaned_data["name"])


def shown_factors(member: Member) -> str:
    """What they have, in words; empty where they have no second factor."""
    types = set(Authenticator.objects.filter(user=member.user_id).values_list("type", flat=True))
    has_one = bool(types & set(SECOND_FACTORS))
    return ", ".join(str(words) for kind, words in KINDS.items() if kind in types) if has_one else ""


def second_factor_view(page: Any, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Asks, and does it; where it may not be done, says why."""
    member = page.get_queryset(request).select_related("user").filter(pk=pk).first()
    if member is None or not page.has_reset_factors_permission(request):
        raise Http404
    by = None if is_operator(request) else member_of(request)
    if by is None and not is_operator(request):
        raise Http404  # nobody is taken for the operator because they are no member
    reason = why_factors_stay(member, by)
    form = None if reason else TypedNameForm(request.POST or None, member=member)
    if request.method == "POST" and (form is None or form.is_valid()):
        return _done(request, member, by)
    text = reason or _asked(member)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "back": reverse("admin:tenants_member_change", args=[pk]),
        "title": _("Remove the second factor"),
        "text": text,
        "button": "" if reason else _("Remove the second factor"),
        "form": form,
    }
    return TemplateResponse(request, "admin/machines/confirm.html", context)


def _asked(member: Member) -> str:
    text = gettext(
        "Passkeys, authenticator app and recovery codes of %(name)s are removed, and all their sessions end. Their password"
        " alone lets them in then. Make sure that it is they who ask. They are told by mail, where they have an address."
    )
    return text % {"name": member.user}


def _done(request: HttpRequest, member: Member, by: Member | None) -> HttpResponse:
    try:
        is_told = reset_second_factors(member, by=by)
    except ConfigError as error:
        messages.error(request, str(error))
    else:
        words = {"name": member.user}
        messages.success(request, gettext("The second factor of %(name)s is removed.") % words)
        if not is_told:
            messages.warning(
                request, gettext("%(name)s could not be told by mail: tell them yourself.") % words
            )
    return HttpResponseRedirect(reverse("admin:tenants_member_change", args=[member.pk]))
