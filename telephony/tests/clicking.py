"""What tests of click-to-call share: a company with an exchange, a click, and what the exchange says of its channel."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from telephony.actions.click_to_call import Click, request_call
from telephony.ami.packets import Packet, text
from telephony.ami.simulator import AmiSimulator
from telephony.ingest.parse import ParsedEvent
from telephony.ingest.tokens import Source
from telephony.ingest.writer import arrived, insert
from telephony.models import DialAccess, DialPolicy, EventSource, OriginateOrigin, OriginateRequest, Pbx
from telephony.tests.factories import make_access, make_pbx
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_tenant
from tenants.work import drain

CLIENT = "+375291234570"


def make_company(exchange: AmiSimulator, *extensions: str, **access: Any) -> Pbx:
    """A company in Belarus whose exchange has a manager interface, and phones 150 and 151."""
    tenant = make_tenant(timezone="UTC")
    pbx = make_pbx(tenant)
    make_access(pbx, exchange.port)
    for number in extensions or ("150", "151"):
        make_extension(tenant, number)
    if access:
        with all_tenants():
            DialAccess(tenant=tenant, pbx=pbx, **access).save()
    return pbx


def click(tenant: Tenant, phone: str = CLIENT, extension: str = "150", **more: Any) -> OriginateRequest:
    values = {"origin": OriginateOrigin.API, "phone": phone, "extension": extension, **more}
    with tenant_scope(tenant):
        return request_call(tenant, Click(**values))


def limits(tenant: Tenant, **values: Any) -> None:
    with all_tenants():
        DialPolicy.objects.update_or_create(tenant=tenant, defaults=values)


def refreshed(request: OriginateRequest) -> OriginateRequest:
    with all_tenants():
        return OriginateRequest.objects.select_related("tenant").get(pk=request.pk)


def send(request: OriginateRequest) -> OriginateRequest:
    drain("calls.originate")
    return refreshed(request)


def follow(request: OriginateRequest, seconds: float = 2.0) -> OriginateRequest:
    """As if so much time had passed since the last look."""
    long_ago(request)
    drain("calls.follow", timezone.now() + timedelta(seconds=seconds))
    return refreshed(request)


def outcome(request: OriginateRequest) -> tuple[str, str]:
    return request.state, request.reason_code


def headers(packet: Packet) -> dict[str, Any]:
    """What was asked, without what differs at every run."""
    return {name: value for name, value in packet.items() if name != "ActionID"}


def tell(pbx: Pbx, kind: str, fields: Mapping[str, str], at: datetime | None = None) -> None:
    """An event as the listener stores it."""
    event = ParsedEvent(
        kind,
        "",
        fields.get("Uniqueid") or fields.get("DestUniqueid", ""),
        fields.get("Linkedid") or fields.get("DestLinkedid", ""),
        dict(fields),
        "",
        (),
        hashlib.sha256(f"{kind}{sorted(fields.items())}".encode()).digest(),
        source=EventSource.AMI,
    )
    insert([arrived(Source(pbx.pk, pbx.tenant_id), event, "", at or timezone.now())])


def long_ago(request: OriginateRequest, seconds: float = 3.0) -> OriginateRequest:
    """As if it had been sent so long ago."""
    with all_tenants():
        sent_at = timezone.now() - timedelta(seconds=seconds)
        OriginateRequest.objects.filter(pk=request.pk).update(sent_at=sent_at)
    return request


def statuses(*rows: Mapping[str, str]) -> Any:
    """For `exchange.answers["status"]`: one answer after the other, the last for ever; an empty row is no channel."""
    waiting = [dict(row) for row in rows]

    def answer(asked: Packet) -> list[dict[str, str]]:
        row = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if not row:
            return [{"Response": "Error", "Message": "No such channel"}]
        channel = text(asked, "Channel")
        return [
            {"Response": "Success", "EventList": "start", "Message": "Channel status will follow"},
            {"Event": "Status", "Uniqueid": channel, "Linkedid": channel, **row},
            {"Event": "StatusComplete", "EventList": "Complete", "ListItems": "1"},
        ]

    return answer
