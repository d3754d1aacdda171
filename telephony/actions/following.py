"""What a rule wants done after a call: asked of the CRM who the client is, then made there, one thing at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.capabilities import (
    Caller,
    CallFollowUps,
    CallReceipt,
    Made,
    NewContact,
    NewLead,
    NewTask,
)
from telephony import policies
from telephony.actions.planning import rule_facts
from telephony.models import Call, CallNotification, NotificationKind, NotificationState
from telephony.policies.snapshot import HeardLine, Policy, Rule
from telephony.rules import People, choose, named, responsible


def decide(crm: CallFollowUps, one: CallNotification, users: Mapping[str, str]) -> dict[str, Any]:
    """Which rule holds, now that the client is known or not, and what the things that it wants are made of.

    Without `rule` in the answer none holds.
    """
    policy = policies.of_tenant(one.tenant_id)
    caller = crm.find_client(one.call.client_number)
    return decision(one.call, policy, one, caller, users)


def decision(
    call: Call, policy: Policy, one: CallNotification, caller: Caller | None, users: Mapping[str, str]
) -> dict[str, Any]:
    """The same for a caller who was looked up already."""
    facts = replace(rule_facts(call, policy, one.integration_id), is_known=caller is not None)
    rule = choose(policy.rules, facts)
    found: dict[str, Any] = {"is_known": caller is not None}
    if rule is None:
        return found
    line = policy.line(call.did, call.trunk)
    people = _people(call, line, caller, users)
    return found | {
        "rule": str(rule.id),
        "rule_name": rule.name,
        "wants": wanted(rule, is_known=caller is not None),
        "name": _name(rule, call, line, caller),
        "line": line.title,
        "contact": caller.contact_id if caller else "",
        "responsible": responsible(rule, people),
        "is_single": rule.is_lead_single,
        "task_hours": rule.task_hours,
    }


def wanted(rule: Rule, *, is_known: bool) -> list[str]:
    """Kinds of what is to be made, in the order in which one needs the other."""
    kinds = {
        NotificationKind.CONTACT: rule.creates_contact and not is_known,
        NotificationKind.LEAD: rule.creates_lead,
        NotificationKind.TASK: rule.creates_task,
    }
    return [kind.value for kind, is_wanted in kinds.items() if is_wanted]


def _people(call: Call, line: HeardLine, caller: Caller | None, users: Mapping[str, str]) -> People:
    rang = [name for ring in call.rings for name in ring["extensions"]]
    return People(
        rang_first=rang[0] if rang else "",
        talked_last=call.responsible if call.answered_at else "",
        of_line=line.extension,
        owner_id=caller.responsible_id if caller else "",
        owner_extension=caller.extension if caller else "",
        users=users,
    )


def _name(rule: Rule, call: Call, line: HeardLine, caller: Caller | None) -> str:
    name = (caller.name if caller else "") or call.client_name
    return named(rule.name_template, number=call.client_number, line=line.title, name=name)


def make_contact(crm: CallFollowUps, one: CallNotification) -> CallReceipt:
    """A contact for a number that nobody had; whoever has it by now is taken instead."""
    return _receipt(crm.create_contact(NewContact(**_common(one), name=one.details["name"])))


def make_lead(crm: CallFollowUps, one: CallNotification) -> CallReceipt:
    return _receipt(
        crm.create_lead(
            NewLead(
                **_common(one),
                title=one.details["name"],
                contact_id=_contact(one),
                is_single=bool(one.details.get("is_single")),
                is_missed=one.call.is_missed,
            )
        )
    )


def make_task(crm: CallFollowUps, one: CallNotification) -> CallReceipt:
    """Due so many hours after the call; in working hours, where the line has any."""
    return _receipt(
        crm.create_task(
            NewTask(
                **_common(one),
                text=task_text(one.call, one.details.get("line", "")),
                due=_due(one),
                contact_id=_contact(one),
                lead_id=_made(one, NotificationKind.LEAD),
            )
        )
    )


def close_task(crm: CallFollowUps, one: CallNotification) -> CallReceipt:
    """The task of the missed call that this one made up for."""
    task_id = task_of(one).values_list("outside_id", flat=True).get()
    text = _("Done: talked on %(time)s.") % {"time": _local(one.call, one.call.answered_at or timezone.now())}
    crm.complete_task(task_id, text)
    return CallReceipt(outside_id=task_id)


def task_of(one: CallNotification) -> Any:
    """The notification by which the task was made that `one` closes."""
    return CallNotification.objects.filter(
        integration_id=one.integration_id, call_id=one.details["missed_call"], kind=NotificationKind.TASK
    )


def task_text(call: Call, line: str) -> str:
    """What the task says; the same on every try, for it is what a former one is known by."""
    return _("Call back %(number)s: missed call on %(time)s, line %(line)s") % {
        "number": call.client_number,
        "time": _local(call, call.started_at),
        "line": line or "–",
    }


def _local(call: Call, at: datetime) -> str:
    return at.astimezone(call.tenant.zone).strftime("%d.%m.%Y %H:%M")


def _due(one: CallNotification) -> datetime:
    call = one.call
    policy = policies.of_tenant(one.tenant_id)
    schedule = policy.line(call.did, call.trunk).schedule or policy.schedule
    begin = call.ended_at or call.started_at
    if schedule is not None:
        begin = schedule.next_opening(begin) or begin
    return begin + timedelta(hours=int(one.details.get("task_hours") or 1))


def _common(one: CallNotification) -> dict[str, Any]:
    return {
        "key": str(one.pk),
        "phone": one.call.client_number,
        "since": one.call.started_at,
        "responsible_id": str(one.details.get("responsible") or ""),
    }


def _contact(one: CallNotification) -> str:
    return str(one.details.get("contact") or "") or _made(one, NotificationKind.CONTACT)


def _made(one: CallNotification, kind: NotificationKind) -> str:
    """The id there of what was made for the same call; empty when it was not."""
    rows = CallNotification.objects.filter(
        integration_id=one.integration_id, call_id=one.call_id, kind=kind, state=NotificationState.DONE
    )
    return rows.values_list("outside_id", flat=True).first() or ""


def _receipt(made: Made) -> CallReceipt:
    return CallReceipt(outside_id=made.outside_id, duplicate=made.is_former)
