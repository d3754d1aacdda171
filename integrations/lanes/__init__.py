"""The leased work of this room, a file for each subject; those of synchronisations and duplicates lie with them."""

from integrations.duplicates import lane as duplicates_lane  # noqa: F401 it registers itself
from integrations.lanes.directory import CompareLane, PushLane
from integrations.lanes.health import AlertLane, CheckLane
from integrations.lanes.letters import LettersLane
from integrations.lanes.messages import AcknowledgeLane, EditLane, MessageLane, PollLane
from integrations.lanes.requests import ReceiveLane
from integrations.lanes.tokens import TokenLane
from integrations.sync import lane as sync_lane  # noqa: F401 it registers itself
from tenants.work import register

for lane in (
    PushLane,
    CompareLane,
    CheckLane,
    AlertLane,
    LettersLane,
    ReceiveLane,
    TokenLane,
    MessageLane,
    AcknowledgeLane,
    EditLane,
    PollLane,
):
    register(lane())
