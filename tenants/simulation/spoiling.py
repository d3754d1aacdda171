"""What a spoiled request gets instead of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from tenants.simulation.faults import Fault, Kind
from tenants.simulation.messages import Reply

PAGE = "<html><head><title>Maintenance</title></head><body><h1>Be right back</h1></body></html>"


def spoil(fault: Fault, work: Callable[[], Reply], own: Mapping[Kind, Callable[[], Reply]]) -> Reply:
    """The reply under this fault; `work` is what the system would have done, `own` what it says in its own words."""
    if fault.kind is Kind.TRUNCATED:
        reply = work()
        return replace(reply, body=reply.body[: len(reply.body) // 2])
    if fault.after:
        work()
    return own[fault.kind]() if fault.kind in own else _SPOILED[fault.kind](fault)


def _refusal(fault: Fault) -> Reply:
    status = int(fault.kind)
    usual = "1" if status == HTTPStatus.TOO_MANY_REQUESTS else None
    told = fault.retry_after or usual if fault.retry_after is not None else None
    headers = (("Retry-After", told),) if told and status != HTTPStatus.INTERNAL_SERVER_ERROR else ()
    return Reply.json({"error": HTTPStatus(status).phrase}, status, headers)


_SPOILED: dict[Kind, Callable[[Fault], Reply]] = {
    Kind.RESET: lambda fault: Reply(breaks="reset"),
    Kind.HANG: lambda fault: Reply(breaks="hang", seconds=fault.seconds),
    Kind.TOO_MANY: _refusal,
    Kind.UNAVAILABLE: _refusal,
    Kind.ERROR: _refusal,
    Kind.STATUS: lambda fault: Reply.json({}, fault.status),
    Kind.HTML: lambda fault: Reply.html(PAGE, fault.status or 200),
    Kind.EMPTY: lambda fault: Reply(fault.status or 200),
}
