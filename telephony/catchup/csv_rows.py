"""Lines of Asterisk's CSV files -> rows by field, whichever of its layouts they have.

`Master.csv` has no headings; how many columns it has tells which of its options are set. A file with headings, and one
whose columns a person named, is read by those.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.reading import Form
from telephony.catchup.rows import canonical

_BASE: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEW: Final = ("peeraccount", "linkedid", "sequence")
# loguniqueid and loguserfield add a column each, newcdrcolumns three. Without the first a row belongs to no call.
_LAYOUTS: Final = {
    len(columns): columns
    for columns in (
        (*_BASE, "uniqueid"),
        (*_BASE, "uniqueid", "userfield"),
        (*_BASE, "uniqueid", *_NEW),
        (*_BASE, "uniqueid", "userfield", *_NEW),
    )
}
# cel_custom, as Asterisk's own sample writes it.
CEL_LAYOUT: Final = (
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame",
    "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userfield", "userdeftype", "extra",
)  # fmt: skip
LONGEST_LINE: Final = 64 * 1024


class Layout:
    """Which field is in which column; of the first line, unless it is known before."""

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self.columns = tuple(canonical(one) for one in columns)

    @property
    def form(self) -> Form:
        return "cel" if "eventtype" in self.columns else "cdr"

    def rows(self, lines: Iterable[str]) -> Iterator[Mapping[str, str] | None]:
        """A mapping for each line, None for one of another length. RecordsUnavailable when nothing fits."""
        for cells in csv.reader(lines, skipinitialspace=True):
            if not cells:
                continue
            if not self.columns:
                self.columns = _recognised(cells)
                if _is_heading(cells):
                    continue
            elif [canonical(cell) for cell in cells] == list(self.columns):
                continue  # the heading again
            yield dict(zip(self.columns, cells, strict=True)) if len(cells) == len(self.columns) else None


def _recognised(cells: Sequence[str]) -> tuple[str, ...]:
    if _is_heading(cells):
        return tuple(canonical(cell) for cell in cells)
    if len(cells) == len(CEL_LAYOUT) and cells[0].isupper() and cells[0].replace("_", "").isalpha():
        return CEL_LAYOUT
    found = _LAYOUTS.get(len(cells))
    if found is None or not cells[found.index("uniqueid")]:
        raise RecordsUnavailable("layout", f"{len(cells)} columns")
    return found


def _is_heading(cells: Sequence[str]) -> bool:
    return "uniqueid" in [canonical(cell) for cell in cells]


def named_columns(text: str) -> tuple[str, ...]:
    """What a person wrote into the field “columns”."""
    return tuple(canonical(part) for part in text.replace(";", ",").split(",") if part.strip())
