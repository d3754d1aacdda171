"""What is special: the ways of sending a key, addresses that lead elsewhere, paging that does not get on, and writing."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from integrations.actions.save_integration import create_integration
from integrations.actions.save_mapping import save_mapping
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Change, Changes, CheckState
from integrations.connectors import get as get_connector
from integrations.connectors.rest import paging
from integrations.connectors.rest.simulator import Simulator, styles
from integrations.connectors.rest.simulator.keys import USERNAME
from integrations.connectors.rest.tests.entered import STYLES, kind_row, settings_of
from integrations.http.errors import OutcomeUnknown
from integrations.mapping.active import mapped, mapped_out
from integrations.models import Exchange
from integrations.records import Contact, RecordKind
from integrations.sessions import open_session
from integrations.tests.records_bench import ids_of, records_of, run
from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected, Unsupported
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT


@pytest.fixture
def tenant():
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def simulator():
    with Simulator().running() as running:
        yield running


def connected(tenant, simulator, *rows, key=None, **values):
    return create_integration(
        tenant,
        "rest",
        "Our ERP",
        settings=settings_of(simulator.url, *rows, **values),
        credentials={"key": simulator.key if key is None else key},
    )


def put(simulator, count, at=None):
    return [str(simulator.store.add("contacts", {"n": n}, at)["id"]) for n in range(count)]


@pytest.mark.parametrize(
    ("scheme", "values"),
    [
        ("none", {}),
        ("bearer", {}),
        ("header", {"key_name": "X-API-Key"}),
        ("query", {"key_name": "api_token"}),
        ("basic", {"username": USERNAME}),
    ],
)
def test_each_way_of_sending_the_key(tenant, scheme, values):
    with Simulator(scheme=scheme, key="a-very-secret-key").running() as simulator:
        put(simulator, 150)
        row = connected(tenant, simulator, kind_row("next"), scheme=scheme, **values)

        assert diagnose(row).works
        pages = run(row, CONTACT)

    assert len(ids_of(pages)) == 150
    # The place of the next page is stored: their address with our key in it must not be.
    assert all("a-very-secret-key" not in str(page.next) for page in pages)
    kept = " ".join(str(one) for one in Exchange.objects.values())
    assert "a-very-secret-key" not in kept
    assert "aHViOmEtdmVyeS1zZWNyZXQta2V5" not in kept


@pytest.mark.parametrize("style", STYLES)
def test_every_style_reads_everything_once(tenant, simulator, style):
    wanted = put(simulator, 205)
    row = connected(tenant, simulator, kind_row(style))

    assert ids_of(run(row, CONTACT)) == wanted


def test_list_asked_for_by_post(tenant, simulator):
    wanted = put(simulator, 205)
    row = connected(tenant, simulator, kind_row("page", list_method="POST"))

    assert ids_of(run(row, CONTACT)) == wanted
    assert {request.method for request in simulator.requests} == {"POST"}


def test_more_objects_at_once_than_a_page_may_have_are_handed_on_in_parts(tenant, simulator):
    wanted = put(simulator, 1200)
    row = connected(tenant, simulator, kind_row("all"))

    pages = run(row, CONTACT)

    assert [len(page.records) for page in pages] == [500, 500, 200]
    assert ids_of(pages) == wanted


def test_a_server_that_gives_fewer_than_asked_for_loses_nothing(tenant, simulator):
    wanted = put(simulator, 205)
    row = connected(tenant, simulator, kind_row("offset", page_size=400))

    assert ids_of(run(row, CONTACT)) == wanted


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://evil.example.com/api/contacts",
        "//evil.example.com/api/contacts",
        "https://{host}/api/contacts",
        "http://{host}.evil.example.com/api/contacts",
        "http://{host}@evil.example.com/api/contacts",
        "http://{host}/admin/users",
        "http://{host}/api/../admin/users",
        "http://{host}/apiary",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("style", ["link", "next"])
def test_next_page_elsewhere_is_not_opened(tenant, simulator, monkeypatch, address, style):
    host = simulator.url.removeprefix("http://")
    address = address.replace("{host}", host)
    answer: Any = [{"id": 1}] if style == "link" else {"value": [{"id": 1}], "@odata.nextLink": address}
    headers = (("Link", f'<{address}>; rel="next"'),) if style == "link" else ()
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer, headers=headers))
    row = connected(tenant, simulator, kind_row(style))

    with records_of(row) as records, pytest.raises(ConfigError) as raised:
        records.read(CONTACT)

    assert "another address" in str(raised.value)
    assert len(simulator.requests) == 1


def test_paging_that_does_not_get_on_is_noticed(tenant, simulator):
    put(simulator, 50)
    row = connected(tenant, simulator, kind_row("page", page_parameter="seite", total_field=""))

    with pytest.raises(ConfigError, match="same as the one before"):
        run(row, CONTACT)

    assert len(simulator.requests) == 2


def test_kinds_are_those_of_the_settings(tenant, simulator):
    plain = kind_row("page", since_parameter="", create_path="", update_path="", is_deletable=False)
    row = connected(tenant, simulator, plain)

    with open_session(row.pk) as session:
        kinds = session.kinds

    assert set(kinds) == {CONTACT}
    support = kinds[CONTACT]
    assert (support.is_writable, support.is_deletable, support.changes) == (False, False, Changes.NONE)
    with records_of(row) as records, pytest.raises(ConfigError):
        records.read(RecordKind.ORDER)
    with records_of(row) as records, pytest.raises(Unsupported):
        records.delete(CONTACT, "1")


def test_times_are_asked_for_and_read_as_that_system_writes_them(tenant, simulator, monkeypatch):
    answer = {"items": [{"id": 1, "changed": "10.06.2026 14:03:00"}, {"id": 2, "changed": None}]}
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer))
    row = connected(
        tenant,
        simulator,
        kind_row(updated_field="changed", time_format="d.m.Y H:M:S", since_parameter="$filter",
                 since_value="Changed ge '{since}'"),
    )  # fmt: skip

    with records_of(row) as records:
        page = records.read(CONTACT, None, datetime(2026, 6, 1, 21, 0, tzinfo=UTC))

    assert [record.updated_at for record in page.records] == [datetime(2026, 6, 10, 11, 3, tzinfo=UTC), None]
    assert simulator.requests[0].query["$filter"] == "Changed ge '02.06.2026 00:00:00'"


RULES = [
    {"theirs": "full_name", "ours": "name", "direction": "both"},
    {"theirs": "address.city", "ours": "address", "direction": "both"},
    {"theirs": "phones", "ours": "phones", "transform": "each", "parameters": {"field": "number"}},
]


def test_mapped_objects_are_created_changed_and_read_back(tenant, simulator):
    row = connected(tenant, simulator)
    save_mapping(row, "contact", RULES)

    with open_session(row.pk) as session:
        made = Change(record=Contact(name="Anna", address="Minsk"), key="k1")
        change = mapped_out(session.live, made).change
        [answer] = session.write(CONTACT, [change])
        assert answer.error is None
        news = Change(
            record=Contact(outside_id=answer.outside_id, name="Ann"), key="k2", fields=frozenset({"name"})
        )
        [second] = session.write(CONTACT, [mapped_out(session.live, news).change])
        found = mapped(session.live, session.fetch(CONTACT, answer.outside_id)).record

    assert second.error is None
    assert second.updated_at is not None
    assert (found.name, found.address) == ("Ann", "Minsk")
    stored = simulator.store.get("contacts", int(answer.outside_id))
    assert (stored["full_name"], stored["address"]) == ("Ann", {"city": "Minsk"})


def written(row, change):
    with records_of(row, seconds=2) as records:
        [answer] = records.write(CONTACT, [change])
    return answer.error


def test_creation_is_repeated_only_where_that_system_recognises_it(tenant, simulator):
    change = Change(record=Contact(), key="k1", extra={"full_name": "Anna"})
    plain = connected(tenant, simulator)
    simulator.fail_next("500", after=True)
    assert isinstance(written(plain, change), OutcomeUnknown)
    assert len(simulator.store.rows["contacts"]) == 1

    simulator.store.clear()
    plain.delete()
    knowing = connected(tenant, simulator, idempotency_header="Idempotency-Key")
    simulator.fail_next("500", after=True)
    assert written(knowing, change) is None
    assert written(knowing, change) is None
    assert len(simulator.store.rows["contacts"]) == 1


def test_what_cannot_be_written_is_said_for_each_change(tenant, simulator):
    row = connected(tenant, simulator)

    assert isinstance(written(row, Change(record=Contact(name="Anna"), key="k")), ConfigError)
    gone = Change(record=Contact(outside_id="99"), key="k", extra={"a": 1})
    assert isinstance(written(row, gone), RemoteRejected)
    hostile = Change(record=Contact(outside_id=".."), key="k", extra={"a": 1})
    assert isinstance(written(row, hostile), RemoteRejected)
    assert [request.method for request in simulator.requests] == ["PATCH"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"items": {"a": 1}}, OutcomeUnknown),
        ({"other": []}, OutcomeUnknown),
        ([], OutcomeUnknown),
        ("text", OutcomeUnknown),
        (None, OutcomeUnknown),
    ],
)
def test_answers_of_another_form_say_where_the_list_was_looked_for(
    tenant, simulator, monkeypatch, answer, error
):
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer))
    row = connected(tenant, simulator)

    with records_of(row) as records, pytest.raises(error, match="items"):
        records.read(CONTACT)


def test_objects_without_an_id_are_faults_and_their_neighbours_are_read(tenant, simulator, monkeypatch):
    items = [
        {"id": 1},
        {"name": "x"},
        5,
        None,
        {"id": True},
        {"id": {"a": 1}},
        {"id": "a" * 500},
        {"id": "b"},
    ]
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json({"items": items}))
    row = connected(tenant, simulator)

    with records_of(row) as records:
        page = records.read(CONTACT)

    assert [record.outside_id for record in page.records] == ["1", "b"]
    assert len(page.faults) == 6


def test_wrong_key_and_wrong_path_are_diagnosed_in_words(tenant, simulator):
    wrong = connected(tenant, simulator, key="nobodys")
    found = diagnose(wrong)
    assert [check.state for check in found.checks] == [CheckState.FAILED]
    wrong.delete()

    lost = connected(tenant, simulator, kind_row(list_path="/nowhere"), kind_row("page", "order", "orders"))
    found = diagnose(lost)

    assert [check.state for check in found.checks] == [CheckState.FAILED, CheckState.WARNING]
    assert "Compare the path" in str(found.checks[0].advice)


def mistakes(**values):
    with pytest.raises(ValidationError) as raised:
        get_connector("rest").manifest.clean_settings({"url": "https://erp.example.com", **values})
    return {name: " ".join(texts) for name, texts in raised.value.message_dict.items()}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "contact"}, "Row 1, path of the list: This field is required."),
        ({**kind_row(), "kind": "message"}, "Row 1, kind: Choose one of"),
        (kind_row(list_path="https://evil.example.com/x"), "Enter the path only"),
        (kind_row(list_path="//evil.example.com/x"), "Enter the path only"),
        (kind_row(list_path="/a/../../admin"), "must not lead upwards"),
        (kind_row(object_path="/contacts"), "must contain {id}"),
        (kind_row(object_path="/contacts?id={id}"), "must contain {id}"),
        (kind_row(page_parameter=""), "needs the parameter"),
        (kind_row(next_field=""), "needs to know where"),
        (kind_row("link", list_method="POST"), "only be read with GET"),
        (kind_row(object_path=""), "Deleting needs"),
        (kind_row(since_value="x"), "must contain {since}"),
        (kind_row(page_size=0), "from 1 to 500"),
        (kind_row(colour="red"), "There is no such field"),
        ("text", "An object was expected."),
    ],
)
def test_mistakes_name_the_entry_and_what_is_wrong(row, words):
    assert words in mistakes(kinds=[row])["kinds"]


def test_other_mistakes_of_the_settings():
    assert "already" in mistakes(kinds=[kind_row(), kind_row()])["kinds"]
    assert mistakes(kinds="x")["kinds"] == "A list was expected."
    assert "required" in mistakes(kinds=[])["kinds"]
    assert "required" in mistakes(kinds=None)["kinds"]
    for name in ("X-A\r\nB: c", "Host", "ключ"):
        assert "key_name" in mistakes(kinds=[kind_row()], key_name=name)


def test_nothing_but_hub_errors_of_garbage(tenant, simulator, monkeypatch):
    garbage = [{"items": [[]], "paging": {"next": [1]}}, {"items": [{"id": 1}], "paging": []}, {"items": []}]
    for answer in garbage:
        monkeypatch.setattr(simulator, "respond", lambda request, answer=answer: Reply.json(answer))
        row = connected(tenant, simulator)
        with suppress(HubError):
            assert len(run(row, CONTACT)) == 1
        row.delete()


def test_unknown_key_raises_auth_failed(tenant, simulator):
    row = connected(tenant, simulator, key="nobodys")

    with records_of(row) as records, pytest.raises(AuthFailed):
        records.fetch(CONTACT, "1")


def test_what_slips_over_the_border_of_two_pages_is_noticed(tenant, simulator):
    ids = put(simulator, 30)
    row = connected(tenant, simulator, kind_row("offset", page_size=10))

    with records_of(row) as records:
        first = records.read(CONTACT)
        steady = records.read(CONTACT, first.next)
        simulator.store.remove("contacts", int(ids[0]))
        moved = records.read(CONTACT, first.next)

    assert (first.has_slipped, steady.has_slipped, moved.has_slipped) == (False, False, True)
    assert [one.outside_id for one in (*first.records, *steady.records)] == ids[:19]


def pages_of(records):
    found, position = [], None
    while True:
        page = records.read(CONTACT, position)
        found += [one.outside_id for one in page.records]
        if page.next is None:
            return found
        position = page.next


def test_a_system_that_begins_pages_only_where_pages_begin_is_read_to_its_end(tenant, simulator, monkeypatch):
    ids = put(simulator, 35)
    row = connected(tenant, simulator, kind_row("offset", page_size=10))
    asked = []

    def rounded(rows, wanted, address):
        asked.append(int(wanted.get("offset", 0)))
        begin = asked[-1] // 10 * 10
        return Reply.json({"result": {"items": rows[begin : begin + 10]}})

    monkeypatch.setitem(styles.STYLES, "offset", rounded)

    with records_of(row) as records:
        # The last page comes a second time; what is the same is no change.
        assert pages_of(records) == [*ids, *ids[30:]]

    assert asked == [0, 9, 10, 20, 30, 35]


def test_a_system_that_knows_no_offset_is_not_read_for_ever(tenant, simulator, monkeypatch):
    put(simulator, 10)
    row = connected(tenant, simulator, kind_row("offset", page_size=10))
    monkeypatch.setitem(
        styles.STYLES, "offset", lambda rows, wanted, address: Reply.json({"result": {"items": rows}})
    )

    with records_of(row) as records, pytest.raises(ConfigError, match="same as the one before"):
        pages_of(records)


def in_a_circle(style, before, around):
    """Pages 0 … that lead on to one another, the last one back to the page `before`; what each is asked for by stands in `page`."""
    last = before + around - 1

    def answered(rows, wanted, address):
        number = int(wanted.get("after") or wanted.get("page") or 0)
        following = before if number == last else number + 1
        items, onward = [{"id": number}], f"{address}?page={following}"
        if style == "cursor":
            return Reply.json({"items": items, "paging": {"next": str(following)}})
        if style == "link":
            return Reply.json(items, headers=(("Link", f'<{onward}>; rel="next"'),))
        return Reply.json({"value": items, "@odata.nextLink": onward})

    return answered


@pytest.mark.parametrize(("before", "around"), [(0, 2), (1, 1), (3, 2), (2, 7)])
@pytest.mark.parametrize("style", ["cursor", "link", "next"])
def test_pages_that_lead_in_a_circle_are_all_kept_and_then_it_ends(
    tenant, simulator, monkeypatch, style, before, around
):
    monkeypatch.setitem(styles.STYLES, style, in_a_circle(style, before, around))
    row = connected(tenant, simulator, kind_row(style))
    read: list[str] = []
    longest = 0

    def read_all(records):
        nonlocal longest
        position = None
        while True:
            page = records.read(CONTACT, position)
            read.extend(one.outside_id for one in page.records)
            position = page.next
            longest = max(longest, len(str(position)))

    with records_of(row) as records, pytest.raises(ConfigError) as raised:
        read_all(records)

    # Each page was handed on, and the circle noticed before long.
    assert set(read) == {str(number) for number in range(before + around)}
    assert len(simulator.requests) == len(read) <= 4 * (before + around)
    text = str(raised.value)
    assert "in a circle" in text
    assert any(f"{sign}{place}” comes again" in text for place in read for sign in "=“")
    assert longest < 300


def test_many_pages_are_no_circle_and_take_no_room():
    position: dict[str, Any] = {}

    for number in range(200_000):
        found = {"path": "/contacts", "query": [["after", str(number)]]}
        position = {**found, **paging._lap(position, found)}
        assert "is_circle" not in position

    assert len(str(position)) < 200
