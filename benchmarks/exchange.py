"""What a telephone exchange posts, as captured from a real one, with ids that make every event another call's."""

from datetime import UTC, datetime, timedelta, timezone

TOKEN = "benchmark-token-%02d"
PHONE_IN_FORM = r"phone%22%3A%22(\d+)"
"""How `phone()` looks in the form that RetailCRM takes."""
ZONE = timezone(timedelta(hours=3))  # of the companies

_EVENT = (
    '{"Token":"%(token)s","UniqueId":"bench-pbx-1795254021.%(number)d","LinkedId":"bench-pbx-1795254021.%(number)d",'
    '"CallerIDNum":"+37529%(caller)07d","CallerIDName":"","Extensions":[%(extensions)s],"ConnectedLineNum":"","CallType":0,'
    '"CallStatus":"%(status)d","StartTime":"%(started)s","EndTime":"","Trunk":"trunk-beltel","Did":"+375173001001",'
    '"DialStatus":"%(dial)s","HangupCause":"%(cause)d","Channel":"PJSIP/trunk-beltel-%(number)08x","Recording":"%(recording)s"}'
)
_RECORDING = "2026/11/21/in-375173001001-37529%07d-bench-pbx-1795254021.%d.wav"


def phone(number: int) -> str:
    """The client of that call, as a CRM is told it."""
    return f"37529{number % 10_000_000:07d}"


def event(number: int, tenant: int = 0, *, rings: bool = False, is_over: bool = False) -> bytes:
    """The body of one event of call `number`; 400 to 500 bytes."""
    values = {
        "token": TOKEN % tenant,
        "number": number,
        "caller": number % 10_000_000,
        "started": datetime.now(UTC).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "extensions": '"150"' if rings or is_over else "",
        "status": 2 if is_over else 0,
        "dial": "ANSWER" if is_over else "",
        "cause": 16 if is_over else 0,
        "recording": _RECORDING % (number % 10_000_000, number) if rings or is_over else "",
    }
    return (_EVENT % values).encode()
