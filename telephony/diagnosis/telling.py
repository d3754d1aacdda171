"""Follows a call from the exchange to the CRMs, and says what it found."""

from django.utils.translation import gettext as _

from telephony.diagnosis.facts import CallFacts, SearchFacts
from telephony.diagnosis.of_absence import of_absence
from telephony.diagnosis.of_call import of_call
from telephony.diagnosis.of_crm import no_crm, of_crm
from telephony.diagnosis.steps import Diagnosis, Step, summed


def diagnose(facts: CallFacts, *, sees_crms: bool = True) -> Diagnosis:
    """Follow the call until it got stuck; after that nothing is worth telling. Without `sees_crms` it ends before them."""
    steps: list[Step] = []
    for step in of_call(facts):
        steps.append(step)
        if step.tone == "bad":
            return summed(steps)
    if not sees_crms:
        text = _("The call itself is in order: a manager sees what the CRMs were told.")
        return Diagnosis(text, is_well=True, steps=steps)
    if not facts.crms:
        steps.append(no_crm())
    for crm in facts.crms:
        steps.extend(of_crm(facts, crm))
    return summed(steps)


def diagnose_absence(facts: SearchFacts) -> Diagnosis:
    """Why there may be no call at all at that time and with that number."""
    steps = list(of_absence(facts))
    return summed(steps)
