"""Medians, percentiles and the tables in which they are printed."""

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which that share of the others lies; nan of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def spread(values: Sequence[float]) -> str:
    """The median with the lowest and the highest, as `1,234 [1,000–1,400]`."""
    text = number(median(values))
    return text if len(values) < 2 else f"{text} [{number(min(values))}–{number(max(values))}]"


def number(value: float) -> str:
    """Three significant digits where they matter, thousands separated."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
