"""The admin in a real browser: a newcomer plays the demo's calls, reads one, exports, connects, mends what failed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from urllib.request import Request, urlopen

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.installations import StartInstallation
from tests.processes import PATIENCE_SECONDS, START_SECONDS, Installation, wait_for
from tests.services.servers import answers

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(1500)]

SECONDS = 60_000  # milliseconds, for a busy machine
expect.set_options(timeout=SECONDS)
# Every control that a person can see has a name for those who cannot.
UNNAMED = """() => [...document.querySelectorAll("input, select, textarea, button, a[href]")]
  .filter((one) => one.type !== "hidden" && one.checkVisibility({visibilityProperty: true}))
  .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")
    || one.title || one.placeholder || one.textContent.trim() || one.querySelector("[alt], [title]")))
  .map((one) => one.outerHTML.slice(0, 200))"""


# What is written in a list can be read whole.
CUT = """() => [...document.querySelectorAll("#result_list td, #result_list th")]
  .filter((one) => one.checkVisibility() && one.scrollHeight > one.clientHeight + 2)
  .map((one) => one.outerHTML.slice(0, 200))"""
KEY = re.compile(r"/(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d+)/")
NO_PAGE = re.compile(r"logout|download|_popup=")


@pytest.fixture(scope="module")
def hub(start_shared_installation: StartInstallation) -> Installation:
    installation = start_shared_installation(DEMO="true", LANGUAGE_CODE="en", WEBHOOK_MAX_RETRIES="0")
    # The simulated systems have no part in /health, and a pop-up is not tried for long.
    for port in (installation.port + 1, installation.port + 2):
        wait_for(lambda port=port: answers(port), START_SECONDS, lambda: installation.output)
    return installation


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@dataclass
class Person:
    """Somebody at a browser; `complaints` is what its console said."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SECONDS)
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.look()

    def look(self) -> None:
        """What is true of every page."""
        self.page.wait_for_load_state("load")
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.page.url
        assert self.page.evaluate(UNNAMED) == [], self.page.url


@pytest.fixture(scope="module")
def demo(hub: Installation, browser: Browser) -> Iterator[Person]:
    """Signed in with what `make run` printed."""
    note = json.loads((hub.data_dir / "demo.json").read_text())
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en")
    context.set_default_timeout(SECONDS)
    person = Person(context.new_page(), hub.url)
    person.page.goto(f"{hub.url}/admin/")
    person.page.locator("input:is([name=username], [name=login])").fill(note["username"])
    person.page.locator("input[type=password]").fill(note["password"])
    person.page.locator("input[type=password]").press("Enter")
    expect(person.page.get_by_text("Calls today")).to_be_visible(timeout=SECONDS)
    yield person
    context.close()


@pytest.fixture(scope="module")
def played(hub: Installation, demo: Person) -> Person:
    """The demo's calls, played by the button; the subscriber refuses the first webhook."""
    order = json.dumps({"kind": "500", "path": "/", "times": 1}).encode()
    receiver = f"http://127.0.0.1:{hub.port + 2}/_control/faults"
    urlopen(Request(receiver, order, {"Content-Type": "application/json"}), timeout=30).close()
    demo.open("/admin/")
    demo.page.get_by_role("button", name="Play demo calls").click()
    expect(demo.page.get_by_text("The calls are being played")).to_be_visible(timeout=SECONDS)
    # The page loads itself again until all are over.
    expect(demo.page.get_by_role("button", name="Play demo calls")).to_be_visible(timeout=2 * SECONDS)
    return demo


@pytest.fixture
def person(played: Person) -> Iterator[Person]:
    """In the state that the tests before left; whatever the console says is a failure."""
    played.complaints.clear()
    yield played
    assert played.complaints == []


def test_the_first_page_shows_the_calls_and_what_failed(person: Person) -> None:
    person.open("/admin/")

    figures = person.page.locator(".sb-figure").filter(has_text="in all").first
    expect(figures.locator("strong")).to_have_text("4")
    expect(person.page.get_by_text("1 webhook was given up today")).to_be_visible()


def test_a_call_is_told_on_one_page_and_what_failed_is_sent_again(person: Person) -> None:
    page = person.page
    person.open("/admin/webhooks/delivery/?state__exact=failed")
    page.locator("#result_list tbody th a").first.click()
    person.look()
    page.locator('a[href*="/telephony/call/"][href$="/change/"]').first.click()
    person.look()

    told = page.locator(".tel-table tbody tr")
    expect(told.filter(has_text="pop-up").first).to_contain_text("done")
    expect(told.filter(has_text="pop-up").first).to_contain_text("after the phone rang")
    failed = told.filter(has_text="failed")
    expect(failed).to_contain_text("The receiver failed (500)")
    page.get_by_label(re.compile("failures? only")).check()
    expect(page.locator(".tel-entry:visible").first).to_contain_text("attempt 1")
    failed.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is sent again.")).to_be_visible()

    def has_arrived() -> bool:
        page.reload()
        return page.locator(".tel-table tbody tr").filter(has_text="failed").count() == 0

    wait_for(has_arrived, PATIENCE_SECONDS, lambda: page.locator(".tel-table").inner_text())
    expect(page.locator(".tel-entry", has_text="attempt 2")).to_have_count(1)


def test_the_list_becomes_an_excel_file(person: Person) -> None:
    page = person.page
    person.open("/admin/telephony/call/")
    page.get_by_role("link", name="Export", exact=True).click()
    person.look()
    page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=SECONDS)
    person.look()

    with page.expect_download() as download:
        link.click()

    assert download.value.suggested_filename.endswith(".xlsx")
    book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 1 + 4
    assert rows[0][0] == "Started"


@pytest.mark.parametrize("path", ["exports/exporttemplate/add/?dataset=calls", "telephony/call/export/"])
def test_an_expression_is_checked_while_it_is_written(person: Person, path: str) -> None:
    person.open(f"/admin/{path}")
    person.page.get_by_role("button", name="Add a computed column").click()
    expression, verdict = person.page.locator(".export-expression"), person.page.locator(".export-verdict")

    expression.last.fill("round(talk_secs / 60, 1)")
    expect(verdict.last).to_contain_text("talk_secs")
    expression.last.fill("round(talk_seconds / 60, 1)")
    expect(verdict.last).to_have_text("Can be read.")


def test_the_connection_is_tried_and_a_manager_gets_another_extension(person: Person) -> None:
    page = person.page
    person.open("/admin/integrations/integration/")
    page.get_by_role("link", name="Demo CRM").click()
    person.look()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".int-verdict")).to_have_attribute("data-tone", "good", timeout=SECONDS)
    page.get_by_role("button", name="Load users").click()
    expect(page.get_by_text("users were loaded")).to_be_visible(timeout=SECONDS)
    assert "is stored" in (page.locator("input[type=password]").first.get_attribute("placeholder") or "")

    page.get_by_label("Mazur Denis").select_option("153")
    page.get_by_role("button", name="Save extensions").click()

    expect(page.get_by_text("1 extension was changed.")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_label("Mazur Denis")).to_have_value("153")
    person.look()


@pytest.mark.parametrize(
    "path",
    [
        "telephony/callnotification/",
        "telephony/callevent/",
        "telephony/pbx/",
        "telephony/pbx/add/",
        "integrations/integration/add/",
        "integrations/integration/add/?connector=retailcrm",
        "integrations/exchange/",
        "webhooks/endpoint/",
        "webhooks/endpoint/add/",
        "webhooks/endpoint/add/?events=endpoint.disabled",
        "webhooks/delivery/",
        "tenants/event/",
        "exports/export/",
        "tenants/tenant/",
        "tenants/extension/",
        "tenants/member/",
        "tenants/invitation/add/",
        "tenants/auditentry/",
    ],
)
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_names_its_controls(person: Person, path: str, width: int) -> None:
    person.page.set_viewport_size({"width": width, "height": 900})

    person.open(f"/admin/{path}")

    person.page.set_viewport_size({"width": 1440, "height": 900})


def test_every_page_that_a_link_leads_to_fits_a_telephone(person: Person) -> None:
    """One page of each kind, found as a person finds it."""
    page = person.page
    page.set_viewport_size({"width": 390, "height": 900})
    seen: set[str] = set()
    waiting = ["/admin/"]
    while waiting:
        path = waiting.pop(0)
        kind = KEY.sub("<key>", path.partition("?")[0])
        if kind in seen or NO_PAGE.search(path):
            continue
        seen.add(kind)
        answer = page.goto(person.url + path)
        assert answer is not None, path
        assert answer.status < 400, (path, page.url)
        person.look()
        assert page.evaluate(CUT) == [], path
        links = page.eval_on_selector_all("a[href]", "links => links.map((one) => one.href)")
        waiting += [
            link.removeprefix(person.url).partition("#")[0]
            for link in links
            if link.startswith(f"{person.url}/admin/")
        ]

    page.set_viewport_size({"width": 1440, "height": 900})
    assert len(seen) > 60


def test_filters_open_by_keyboard(person: Person) -> None:
    person.open("/admin/telephony/call/")
    filters = person.page.get_by_role("button", name="Filters")

    filters.focus()
    filters.press("Enter")

    expect(person.page.get_by_role("button", name="Apply Filters")).to_be_visible()


def test_the_language_is_changed_from_the_menu(person: Person) -> None:
    page = person.page
    person.open("/admin/")

    menu = page.locator("div[role=button]", has_text="demo")
    menu.focus()
    menu.press("Enter")
    page.get_by_role("button", name="Русский").click()

    expect(page.get_by_role("heading", name="Звонки сегодня")).to_be_visible(timeout=SECONDS)
    person.look()


# Whether a person who points at the middle of it meets it, and nothing that lies over it.
IS_ON_TOP = """(one) => { const box = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"""


@pytest.mark.parametrize("width", [1440, 1100, 390])
def test_an_operator_sees_everywhere_whose_company_that_is_and_can_leave_it(
    hub: Installation, browser: Browser, width: int
) -> None:
    name = f"operator{width}"
    hub.manage(
        "shell",
        "-c",
        f"from tenants.models import User; User.objects.create_superuser('{name}', '', '{name}')",
    )
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en")
    person = Person(context.new_page(), hub.url)
    page = person.page
    page.goto(f"{hub.url}/admin/")
    page.locator("input:is([name=username], [name=login])").fill(name)
    page.locator("input[type=password]").fill(name)
    page.locator("input[type=password]").press("Enter")
    page.locator("#switch-tenant").select_option(index=1)
    leave = page.get_by_role("button", name="Leave")
    expect(leave).to_be_visible()

    for path, foot in (
        ("telephony/call/", "Older"),
        ("exports/exportlimits/add/", "Save and continue editing"),
    ):
        person.open(f"/admin/{path}")
        last = page.get_by_text(foot, exact=True).last
        last.scroll_into_view_if_needed()
        assert leave.evaluate(IS_ON_TOP), path
        assert last.evaluate(IS_ON_TOP), path
    leave.click()

    expect(leave).to_have_count(0)
    assert person.complaints == []
    context.close()
