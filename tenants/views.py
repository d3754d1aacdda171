"""Switching between the companies that a person belongs to."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tenants import audit
from tenants.access import SESSION_KEY, is_operator, memberships
from tenants.models import Tenant, User


@require_POST
def switch_tenant(request: HttpRequest) -> HttpResponse:
    """Work in another company. An operator's choice is audited there; an empty choice means all companies."""
    wanted = request.POST.get("tenant", "")
    user = request.user
    if isinstance(user, User) and user.is_active:
        if is_operator(request):
            _switch_operator(request, wanted)
        elif wanted in {str(member.tenant_id) for member in memberships(user)}:
            request.session[SESSION_KEY] = int(wanted)
    target = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(target if is_own else resolve_url("admin:index"))


def _switch_operator(request: HttpRequest, wanted: str) -> None:
    tenant = Tenant.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() else None
    if tenant is None:
        former = Tenant.objects.filter(pk=request.session.pop(SESSION_KEY, None)).first()
        if former is not None:
            audit.record("tenant.left", former, tenant=former)
        return
    request.session[SESSION_KEY] = tenant.pk
    audit.record("tenant.entered", tenant, tenant=tenant)
