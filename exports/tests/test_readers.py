"""What others make of our files: Excel by calamine, XML by lxml, each with all that is hostile in one file."""

import pytest
from lxml import etree  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from exports.tests.support import ask, make_entries, path_of, run
from tenants.models import Tenant

HOSTILE = ["=cmd|' /C calc'!A0", 'a<b>&"c"', "\x1f\x1e\x02", "line\nline\r\n", "]]>", "я" * 40_000, "_x0041_"]
CLEAN = ["=cmd|' /C calc'!A0", 'a<b>&"c"', "", "line\nline\r\n", "]]>", "я" * 40_000, "_x0041_"]


@pytest.fixture
def hostile(tenant: Tenant) -> Tenant:
    for at, text in enumerate(HOSTILE):
        make_entries(tenant, 1, after=text, created_at=f"2026-01-0{at + 1}T09:30:00Z")
    return tenant


def test_calamine_reads_the_workbook(hostile: Tenant) -> None:
    done = run(ask(hostile, format="xlsx", columns=["created_at", "after", "actor"]))

    assert (done.state, done.error_code, done.reason) == ("done", "", "")
    rows = CalamineWorkbook.from_path(str(path_of(done))).get_sheet_by_index(0).to_python()

    assert rows[0] == ["When", "After", "Who"]
    assert [row[2] for row in rows[1:]] == ["anna"] * len(HOSTILE)
    assert [str(row[0]) for row in rows[1:3]] == ["2026-01-01 12:30:00", "2026-01-02 12:30:00"]
    assert [row[1] for row in rows[1:3]] == CLEAN[:2]
    assert len(str(rows[6][1])) == 32_767


def test_lxml_reads_the_xml(hostile: Tenant) -> None:
    done = run(ask(hostile, format="xml", columns=["created_at", "after", "actor"]))

    root = etree.parse(str(path_of(done))).getroot()

    assert (root.tag, root.get("dataset")) == ("rows", "Audit/trail")
    assert [row.findtext("actor") for row in root] == ["anna"] * len(HOSTILE)
    assert root[0].findtext("created_at") == "2026-01-01T12:30:00+03:00"
    # A document's text: JSON, whose control characters are escaped.
    assert [row.findtext("after") for row in root][:2] == ["\"=cmd|' /C calc'!A0\"", '"a<b>&\\"c\\""']
