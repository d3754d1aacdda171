"""The demo's card on the first page: a button that plays captured calls, and the simulated systems to watch."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from config.supervisor.demo import simulator_ports
from telephony.demo.playing import CALLS, is_demo, is_playing, play
from tenants.access import MANAGERS, has_role
from tenants.admin.dashboard import Card, dashboard_card
from tenants.models import Tenant


def demo_tenant(request: HttpRequest) -> Tenant | None:
    """The company of this request, where it is the demo's and the person may play calls in it."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    return tenant if is_demo(tenant) and has_role(request, MANAGERS) else None


@dashboard_card
def demo_calls(request: HttpRequest) -> Card | None:
    tenant = demo_tenant(request)
    if tenant is None:
        return None
    host = urlsplit(settings.PUBLIC_URL).hostname
    ports = simulator_ports()
    return Card(
        "admin/cards/demo.html",
        {
            "is_playing": is_playing(tenant),
            "count": len(CALLS),
            "play_url": reverse("admin:telephony_call_demo"),
            "crm_url": f"http://{host}:{ports['retailcrm']}/",
            "receiver_url": f"http://{host}:{ports['receiver']}/",
        },
        place=-10,
        wide=True,
    )


def play_view(request: HttpRequest) -> HttpResponse:
    """A POST; the calls are played by the workers."""
    tenant = demo_tenant(request)
    if tenant is None:
        raise PermissionDenied
    if is_playing(tenant):
        messages.info(request, _("The former calls are still being played."))
    else:
        play(tenant)
        messages.success(request, _("The calls are being played. Look at the demo's CRM: the phones ring."))
    return HttpResponseRedirect(reverse("admin:index"))
