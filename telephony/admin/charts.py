"""Charts as numbers for a template: whole ones, so that no language puts a comma into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from telephony.selectors.statistics import Cell, Day

WIDTH, HEIGHT, LOW = 720, 150, 20
CELL, LABEL = 26, 60
MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle."""

    kind: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    """One day: its rectangles from the bottom up, and the label below where there is room for one."""

    day: Day
    pieces: Sequence[Piece]
    label: str
    middle: int


def columns(days: Sequence[Day]) -> list[Column]:
    """Answered, missed and outgoing calls of each day, one upon the other; none where there was no call."""
    most = max((day.answered + day.missed + day.outgoing for day in days), default=0)
    if not most:
        return []
    step = WIDTH / len(days)
    every = -(-len(days) // MOST_LABELS)
    found = []
    for number, day in enumerate(days):
        left, right = round(number * step), round((number + 1) * step)
        gap = 2 if step > 8 else 0
        pieces, bottom = [], HEIGHT
        for kind, count in (("outgoing", day.outgoing), ("answered", day.answered), ("missed", day.missed)):
            height = max(round((HEIGHT - 10) * count / most), 1) if count else 0
            bottom -= height
            if height:
                pieces.append(Piece(kind, left, bottom, max(right - left - gap, 1), height))
        label = f"{day.day:%d.%m}" if number % every == 0 else ""
        found.append(Column(day, pieces, label, (left + right) // 2))
    return found


@dataclass(frozen=True, slots=True)
class Square:
    """One hour of the week; `strength` in percent of the busiest."""

    hour: int
    x: int
    y: int
    calls: int
    missed: int
    strength: int


@dataclass(frozen=True, slots=True)
class Row:
    weekday: int
    y: int
    squares: Sequence[Square]


def squares(heat: Sequence[Sequence[Cell]]) -> list[Row]:
    """None where there was no call."""
    most = max((cell.calls for row in heat for cell in row), default=0)
    if not most:
        return []
    return [
        Row(
            weekday,
            weekday * CELL,
            [
                Square(
                    hour,
                    LABEL + hour * CELL,
                    weekday * CELL,
                    cell.calls,
                    cell.missed,
                    max(round(100 * cell.calls / most), 8) if cell.calls else 0,
                )
                for hour, cell in enumerate(row)
            ],
        )
        for weekday, row in enumerate(heat)
    ]
