"""Routes of this room: calls, who waits for one, clicks and recordings, exchanges, lines and rules, smart redirect."""

from telephony.api.call_records import CallRecordsViewSet
from telephony.api.calls import CallViewSet
from telephony.api.choices import CallRuleViewSet, LineViewSet, WorkingHoursViewSet
from telephony.api.commands import CallCommandViewSet
from telephony.api.exchanges import TelephoneExchangeViewSet
from telephony.api.missed import MissedClientViewSet
from telephony.api.originations import OriginationViewSet
from telephony.api.recordings import RecordingViewSet
from telephony.api.redirects import RedirectViewSet
from tenants.api.base import router

router.register("calls", CallViewSet, basename="call")
router.register("call-commands", CallCommandViewSet, basename="call-command")
router.register("missed-clients", MissedClientViewSet, basename="missed-client")
router.register("originations", OriginationViewSet, basename="origination")
router.register("telephone-exchanges", TelephoneExchangeViewSet, basename="telephone-exchange")
router.register("lines", LineViewSet, basename="line")
router.register("working-hours", WorkingHoursViewSet, basename="working-hours")
router.register("call-rules", CallRuleViewSet, basename="call-rule")
router.register("telephone-exchanges", CallRecordsViewSet, basename="call-record")
router.register("recordings", RecordingViewSet, basename="recording")
router.register("redirects", RedirectViewSet, basename="redirect")
