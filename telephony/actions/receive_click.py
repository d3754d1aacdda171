"""A click that an outside system told us of by a hook (Bitrix24, Planfix): it becomes a request like any other."""

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.hooks import Clicked
from integrations.receivers import Hook, register_clicks
from telephony.actions.click_to_call import Click, request_call
from telephony.models import OriginateOrigin, OriginateState
from tenants.errors import HubError
from tenants.models import Tenant

CALL_ID = "CALL_ID"
"""The name under which Bitrix24 says that it has registered the call already."""


class ClickRefused(HubError):
    """The text is the reason."""

    code = "click_refused"


def receive_click(hook: Hook, clicked: Clicked) -> str:
    """What was done, in words. The same request, processed again, makes no second call; by hand it may, if it is fresh."""
    tenant = Tenant.objects.get(pk=hook.tenant_id)
    since = clicked.clicked_at or hook.received_at
    request = request_call(
        tenant,
        Click(
            phone=clicked.phone,
            extension=clicked.extension,
            user_id=clicked.user_id,
            integration_id=hook.integration_id,
            outside_id=str(clicked.extra.get(CALL_ID, "")),
            requester=clicked.user_id or clicked.extension,
            origin=OriginateOrigin.CRM,
            key=f"hook:{hook.inbound_id}:{hook.replay}",
            age=(timezone.now() - since).total_seconds(),
        ),
    )
    if request.state == OriginateState.REFUSED:
        raise ClickRefused(request.reason)
    return _("The phone %(extension)s rings first, then %(phone)s is called.") % {
        "extension": request.extension,
        "phone": request.phone,
    }


def register() -> None:
    """Telephony makes the calls that hooks ask for."""
    register_clicks(receive_click)
