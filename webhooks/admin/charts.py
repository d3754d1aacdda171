"""An endpoint's last day as bars."""

from dataclasses import dataclass

from django.utils import timezone

from webhooks.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Bar:
    """Heights are parts of a hundred, of the busiest hour; `failed` counts retried tries and those given up."""

    label: str
    delivered: int
    failed: int
    delivered_height: int
    failed_height: int


def bars(found: Statistics) -> list[Bar]:
    """One for each hour, in the company's zone; none when nothing was sent."""
    most = max((hour.delivered + hour.retried + hour.given_up for hour in found.hours), default=0)
    return [
        Bar(
            label=f"{timezone.localtime(hour.hour):%H}",
            delivered=hour.delivered,
            failed=hour.retried + hour.given_up,
            delivered_height=_height(hour.delivered, most),
            failed_height=_height(hour.retried + hour.given_up, most),
        )
        for hour in (found.hours if most else ())
    ]


def _height(count: int, most: int) -> int:
    """What happened at all is seen."""
    return max(round(100 * count / most), 2) if count else 0
