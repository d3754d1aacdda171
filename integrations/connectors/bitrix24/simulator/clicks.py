"""A click on a telephone number: the portal registers the call itself and asks the application to make it."""

from integrations.connectors.bitrix24.simulator.events import Events
from integrations.connectors.bitrix24.simulator.state import Call, Portal

OUTGOING = 1


def click(portal: Portal, events: Events, user_id: int, phone: str) -> str:
    """Sends ONEXTERNALCALLSTART; returns the CALL_ID of the call."""
    line = next(iter(portal.lines), "")
    call_id = f"externalCall.{portal.next_id():032x}.{int(portal.clock())}"
    call = Call(call_id, user_id, phone, OUTGOING, line, "", portal.clock(), [user_id], [user_id])
    with portal.lock:
        portal.calls[call_id] = call
    employee = portal.employees[user_id]
    events.send(
        "ONEXTERNALCALLSTART",
        {
            "PHONE_NUMBER": phone,
            "PHONE_NUMBER_INTERNATIONAL": phone,
            "EXTENSION": "",
            "USER_ID": employee.id,
            "CALL_LIST_ID": 0,
            "LINE_NUMBER": line,
            "IS_MOBILE": 0,
            "CALL_ID": call_id,
            "CRM_ENTITY_TYPE": "",
            "CRM_ENTITY_ID": 0,
        },
    )
    return call_id
