"""Rows that a real exchange wrote of its calls, as they are in its files."""

from pathlib import Path
from typing import Any

from telephony.catchup.csv_rows import Layout

FOLDER = Path(__file__).parent / "records"
# cel_custom of that exchange.
CEL_COLUMNS = (
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_dnid", "exten", "context", "channame", "appname",
    "appdata", "uniqueid", "linkedid", "peer", "extra",
)  # fmt: skip


def content(name: str) -> str:
    return (FOLDER / name).read_text()


def calls(name: str) -> list[dict[str, Any]]:
    """The call records of a scenario, by column."""
    return [dict(row) for row in Layout().rows(content(f"{name}.cdr.csv").splitlines(True)) if row]


def channels(name: str) -> list[dict[str, Any]]:
    lines = content(f"{name}.cel.csv").splitlines(True)
    return [dict(row) for row in Layout(CEL_COLUMNS).rows(lines) if row]
