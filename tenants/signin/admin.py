"""Who is signed in, who is locked out, and what a company asks of its people."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from tenants import audit
from tenants.access import ADMINISTRATORS, OWNERS, is_operator, member_of
from tenants.addresses import clean_networks, is_within
from tenants.admin.base import SwitchboardAdmin
from tenants.admin.persons import NamesPerson
from tenants.scoping import current_tenant_id
from tenants.signin import trail
from tenants.signin.models import Failures, Session, SignInRules
from tenants.signin.sessions import stored_key

# allauth's own pages show other people's credentials, and ask Django's permission rows, which this admin does not use.
for _model in list(admin.site._registry):
    if _model._meta.app_label in ("account", "mfa", "socialaccount"):
        admin.site.unregister(_model)


class _Log(NamesPerson, SwitchboardAdmin):
    """Rows that appear by themselves; deleting one is the only thing to be done with it."""

    withheld = ("add", "change")


@admin.register(Session)
class SessionPage(_Log):
    """Operators see all, an owner those who work in his company now."""

    menu_icon = "devices"
    menu_place = 525
    view_roles = OWNERS
    write_roles = OWNERS
    list_display = ("user", "address", "user_agent", "created_at", "seen_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    ordering = ("-seen_at",)
    fields = ("user", "address", "user_agent", "created_at", "seen_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        found = super().get_queryset(request).filter(user__isnull=False, expire_date__gt=timezone.now())
        if is_operator(request) and current_tenant_id() is None:
            return found
        return found.filter(tenant_id=current_tenant_id())

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        self._end(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        self._end(request, list(queryset))

    @staticmethod
    def _end(request: HttpRequest, sessions: list[Session]) -> None:
        for session in sessions:
            Session.objects.filter(pk=session.pk).delete()
            if session.user is not None:
                trail.record(session.user, "session.revoked", count=1, by=request.user.get_username())
            if session.pk == stored_key(request.session.session_key or ""):
                request.session.flush()


@admin.register(Failures)
class FailuresPage(_Log):
    """Deleting a row unlocks."""

    menu_icon = "lock_clock"
    menu_place = 527
    view_roles = ADMINISTRATORS
    list_display = ("user", "way_text", "address", "count", "last_at", "locked_until")
    list_select_related = ("user",)
    search_fields = ("user__username", "address")
    ordering = ("-last_at",)
    fields = ("user", "way_text", "address", "count", "since", "last_at", "locked_until")

    @admin.display(description=_("counted by"))
    def way_text(self, row: Failures) -> Any:
        return {
            "pair": _("name and address"),
            "device": _("known browser"),
            "address": _("address"),
            "name": _("name"),
            "code": _("second factor"),
            "forgotten": _("forgotten password"),
        }.get(row.way, row.way)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Failures]:
        found = super().get_queryset(request)
        if is_operator(request) and current_tenant_id() is None:
            return found
        # Only the company's own people; what else was tried from an address is the operator's business.
        mine = Q(user__memberships__tenant_id=current_tenant_id(), user__memberships__is_active=True)
        return found.filter(mine).distinct()

    def delete_model(self, request: HttpRequest, obj: Failures) -> None:
        self._unlock([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Failures]) -> None:
        self._unlock(list(queryset))

    @staticmethod
    def _unlock(rows: list[Failures]) -> None:
        for row in rows:
            if row.user is not None:
                trail.record(row.user, "signin.unlocked", way=row.way)
            else:
                audit.record("signin.unlocked", after={"way": row.way, "from": row.address})
            Failures.objects.filter(pk=row.pk).delete()


class RulesForm(forms.ModelForm):
    networks = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_(
            "One address or network a line, such as 203.0.113.7 or 10.0.0.0/8. Empty: from everywhere."
        ),
    )

    class Meta:
        model = SignInRules
        fields = ("requires_two_factor", "idle_minutes", "networks")

    # Set by the page: nobody shuts the door on themselves.
    own_address: str | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.networks:
            self.initial["networks"] = "\n".join(self.instance.networks)

    def clean_networks(self) -> list[str]:
        networks = clean_networks(self.cleaned_data["networks"].split())
        if networks and self.own_address is not None and not is_within(self.own_address, networks):
            raise ValidationError(
                _("You are at %(address)s, which is not in the list: you would lock yourself out."),
                params={"address": self.own_address},
            )
        return networks


@admin.register(SignInRules)
class RulesPage(SwitchboardAdmin):
    """One row a company; without it the installation's rules hold alone."""

    menu_icon = "policy"
    menu_place = 528
    form = RulesForm
    view_roles = ADMINISTRATORS
    write_roles = OWNERS
    list_display = ("tenant", "requires_two_factor", "idle_minutes", "network_text")
    list_select_related = ("tenant",)

    @admin.display(description=_("allowed addresses"))
    def network_text(self, rules: SignInRules) -> str:
        return ", ".join(rules.networks) or "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignInRules]:
        found = super().get_queryset(request)
        tenant_id = current_tenant_id()
        return found if is_operator(request) and tenant_id is None else found.filter(tenant_id=tenant_id)

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        made = super().get_form(request, obj, **options)
        address = request.META.get("REMOTE_ADDR") if member_of(request) is not None else None
        return type(made.__name__, (made,), {"own_address": address})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        tenant_id = current_tenant_id()
        is_new = tenant_id is not None and not SignInRules.objects.filter(tenant_id=tenant_id).exists()
        return is_new and super().has_add_permission(request, obj)
