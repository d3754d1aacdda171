"""Why a call raised no pop-up, or a late one, step by step and in plain words.

`facts` says what is known of the call, `gathering` reads it, `telling` follows the call: `of_call` to the ringing phones, `of_crm` on
to each CRM, `of_absence` where there is no call at all. All but the gathering is pure.
"""

from telephony.diagnosis.facts import CallFacts, CrmFacts, Popup, SearchFacts
from telephony.diagnosis.gathering import gather, look_around
from telephony.diagnosis.steps import Diagnosis, Fix, Step
from telephony.diagnosis.telling import diagnose, diagnose_absence

__all__ = [
    "CallFacts",
    "CrmFacts",
    "Diagnosis",
    "Fix",
    "Popup",
    "SearchFacts",
    "Step",
    "diagnose",
    "diagnose_absence",
    "gather",
    "look_around",
]
