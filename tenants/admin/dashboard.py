"""What the first page shows: what needs a person, then one card or more of each room.

Rooms declare their part in their own `admin/dashboard.py`; nothing here asks who is above.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone

from tenants.access import ADMINISTRATORS, has_role
from tenants.scoping import current_tenant_id

Level = Literal["bad", "warn"]


@dataclass(frozen=True, slots=True)
class Card:
    """One block: a template, and what it shows as `card`. Lower `place` comes first."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    place: int = 100
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that is broken, in plain words, with the page where it is mended."""

    text: str
    url: str
    level: Level = "bad"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do before a new company's calls flow. Lower `place` comes first."""

    title: str
    text: str
    url: str
    is_done: bool
    place: int


CardMaker = Callable[[HttpRequest], Card | None]
AttentionMaker = Callable[[HttpRequest], Sequence[Attention]]
StepMaker = Callable[[HttpRequest], Sequence[Step]]
_makers: list[CardMaker] = []
_attention: list[AttentionMaker] = []
_steps: list[StepMaker] = []


def dashboard_card(maker: CardMaker) -> CardMaker:
    """Register a function that makes a card for a request; None means nothing to show to that person."""
    _makers.append(maker)
    return maker


def needs_attention(maker: AttentionMaker) -> AttentionMaker:
    """Register a function that says what is broken for the person of a request."""
    _attention.append(maker)
    return maker


def setup_steps(maker: StepMaker) -> StepMaker:
    """Register a function that says what has to be set up, and what of it is."""
    _steps.append(maker)
    return maker


def start_of_today() -> datetime:
    """Midnight in the zone of the tenant that the request works in."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def cards(request: HttpRequest) -> list[Card]:
    items = [item for maker in _attention for item in maker(request)]
    first = [Card("admin/cards/attention.html", {"broken": items}, place=0, wide=True), *_beginning(request)]
    made = [*first, *(card for maker in _makers if (card := maker(request)) is not None)]
    return sorted(made, key=lambda card: card.place)


def _beginning(request: HttpRequest) -> list[Card]:
    """What a newcomer does next, until all of it is done; for those who may do it."""
    if not has_role(request, ADMINISTRATORS):
        return []
    if current_tenant_id() is None:
        return [Card("admin/cards/choose_company.html", place=-20, wide=True)]
    steps = sorted((step for maker in _steps for step in maker(request)), key=lambda step: step.place)
    undone = next((step for step in steps if not step.is_done), None)
    if undone is None:
        return []
    done = sum(step.is_done for step in steps)
    return [Card("admin/cards/steps.html", {"steps": steps, "next": undone, "done": done}, -20, wide=True)]
