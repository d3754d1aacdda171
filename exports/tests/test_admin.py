"""The admin: the history with its bars, what can be done with an export, and the button of other lists."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from exports.admin import list_filters
from exports.models import Export, State
from exports.tests.datasets import AUDIT
from exports.tests.support import (
    AUDIT_LIST,
    ask,
    fresh,
    make_entries,
    only_export,
    path_of,
    read_csv,
    run,
)
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_operator, make_tenant

LIST = "/admin/exports/export/"


def test_the_list_shows_each_export_with_its_bar(
    tenant: Tenant, manager: Client, django_assert_max_num_queries: Any
) -> None:
    done, waiting = run(ask(tenant)), ask(tenant)
    manager.get(LIST)

    with django_assert_max_num_queries(9):
        page = manager.get(LIST).content.decode()

    assert f'data-export="{done.pk}" data-finished="1"' in page
    assert f'data-export="{waiting.pk}" data-finished="0"' in page
    assert "exports/progress.js" in page


def test_the_page_of_an_export_tells_its_state_and_offers_what_can_be_done(
    tenant: Tenant, manager: Client
) -> None:
    make_entries(tenant, 1)
    done, waiting = run(ask(tenant)), ask(tenant, filters={"created_at": {"from": "2026-01-01"}})

    finished = manager.get(f"{LIST}{done.pk}/change/").content.decode()
    pending = manager.get(f"{LIST}{waiting.pk}/change/").content.decode()

    assert f'href="/export/{done.pk}/download"' in finished
    assert f"{LIST}{done.pk}/rerun/" in finished
    assert f"{LIST}{done.pk}/cancel/" not in finished
    assert f"{LIST}{waiting.pk}/cancel/" in pending
    assert "/download" not in pending
    assert "When: from 01/01/2026" in pending
    assert "CSV" in pending
    assert "English" in pending


def test_the_page_speaks_the_language_of_its_reader(tenant: Tenant, manager: Client) -> None:
    ends = {"from": "2026-01-05", "to": "2026-01-31T18:30:00+03:00"}
    export = ask(tenant, format="xlsx", filters={"created_at": ends})
    with all_tenants():
        Export.objects.update(
            started_at="2026-02-01T09:00:00Z",
            finished_at="2026-02-01T09:00:02.5Z",
            state=State.CANCELLED,
            language="ru",
        )

    page = manager.get(f"{LIST}{export.pk}/change/", headers={"accept-language": "ru"}).content.decode()

    assert "с 05.01.2026 по 31.01.2026 18:30" in page
    assert "Excel" in page
    assert "Русский" in page
    assert "2,5 с" in page


def test_the_script_asks_for_progress(tenant: Tenant, manager: Client) -> None:
    export = ask(tenant)
    with all_tenants():
        Export.objects.update(state=State.RUNNING, rows_done=250, rows_total=1_000)
    foreign = ask(make_tenant())

    answer = manager.get(f"{LIST}status/?ids={export.pk},{foreign.pk}").json()["exports"]

    assert [(one["id"], one["percent"], one["is_finished"]) for one in answer] == [
        (str(export.pk), 25, False)
    ]
    assert answer[0]["rows"] == "250 of about 1,000"
    assert manager.get(f"{LIST}status/?ids=x").status_code == 400


def test_cancel_and_run_again(tenant: Tenant, manager: Client) -> None:
    export = ask(tenant)

    manager.post(f"{LIST}{export.pk}/cancel/")
    again = manager.post(f"{LIST}{export.pk}/rerun/")

    assert fresh(export).state == State.CANCELLED
    with tenant_scope(tenant):
        new = Export.objects.exclude(pk=export.pk).get()
    assert again.headers["Location"] == f"{LIST}{new.pk}/change/"
    assert new.member is not None
    assert manager.get(f"{LIST}{export.pk}/cancel/").status_code == 405


def test_deleting_removes_the_file(
    tenant: Tenant, manager: Client, django_capture_on_commit_callbacks: Any
) -> None:
    export = run(ask(tenant))

    with django_capture_on_commit_callbacks(execute=True):
        manager.post(f"{LIST}{export.pk}/delete/", {"post": "yes"})

    assert not path_of(export).exists()


def test_cancelling_chosen_ones(tenant: Tenant, manager: Client) -> None:
    export = ask(tenant)

    manager.post(LIST, {"action": "cancel_chosen", "_selected_action": [str(export.pk)]})

    assert fresh(export).state == State.CANCELLED


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_agents_and_viewers_see_nothing(tenant: Tenant, client: Client, role: str) -> None:
    export = ask(tenant)
    client.force_login(make_member(tenant, role).user)

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}status/?ids={export.pk}").status_code == 404
    assert client.post(f"{LIST}{export.pk}/cancel/").status_code == 404
    assert fresh(export).state == State.PENDING


def test_another_company_finds_nothing(tenant: Tenant, client: Client) -> None:
    export = ask(tenant)
    client.force_login(make_member(make_tenant(), "owner").user)

    assert str(export.pk) not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{export.pk}/change/").status_code == 302
    for verb in ("cancel", "rerun"):
        assert client.post(f"{LIST}{export.pk}/{verb}/").status_code == 404
    assert fresh(export).state == State.PENDING


@pytest.mark.usefixtures("audit_page")
class TestButton:
    def test_the_list_has_a_button_that_carries_its_filters(self, manager: Client) -> None:
        page = manager.get(f"{AUDIT_LIST}?actor_kind__exact=key&q=x").content.decode()

        assert 'href="/admin/tenants/auditentry/export/?actor_kind__exact=key&amp;q=x"' in page

    def test_the_form_says_what_will_be_exported(self, manager: Client) -> None:
        page = manager.get(f"{AUDIT_LIST}export/?actor_kind__exact=key").content.decode()

        assert "Kind: API key" in page
        checked = {
            tag.partition('value="')[2].partition('"')[0]
            for tag in re.findall(r"<input[^>]*\schecked[^:][^>]*>", page)
        }
        assert checked == {"xlsx", *AUDIT.default_columns}

    def test_submitting_makes_the_job_and_leads_to_its_page(self, tenant: Tenant, manager: Client) -> None:
        make_entries(tenant, 2)
        make_entries(tenant, 3, actor_kind="key")

        answer = manager.post(
            f"{AUDIT_LIST}export/?actor_kind__exact=key&o=1&p=2",
            {"format": "csv", "columns": ["actor", "actor_kind"], "csv_delimiter": "comma"},
        )

        export = only_export()
        assert answer.headers["Location"] == f"{LIST}{export.pk}/change/"
        assert export.filters == {"kind": ["key"]}
        assert export.options == {"delimiter": "comma"}
        assert len(read_csv(run(export))) == 4

    def test_a_filter_that_the_dataset_lacks_becomes_the_ids_of_the_rows(
        self, tenant: Tenant, manager: Client
    ) -> None:
        (wanted,) = make_entries(tenant, 1, address="10.0.0.1")
        make_entries(tenant, 3)

        manager.post(f"{AUDIT_LIST}export/?address__exact=10.0.0.1", {"format": "csv", "columns": ["actor"]})

        assert only_export().filters == {"ids": [str(wanted.pk)]}

    def test_too_many_ids_are_refused_with_the_filters_name(
        self, tenant: Tenant, manager: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(list_filters, "MAX_IDS", 2)
        make_entries(tenant, 3)

        page = manager.get(f"{AUDIT_LIST}export/?address__exact=127.0.0.1", follow=True)

        assert page.redirect_chain == [(f"{AUDIT_LIST}?address__exact=127.0.0.1", 302)]
        assert "address__exact" in page.content.decode()
        with all_tenants():
            assert not Export.objects.exists()

    def test_chosen_rows(self, tenant: Tenant, manager: Client) -> None:
        first, _second = make_entries(tenant, 2)

        answer = manager.post(AUDIT_LIST, {"action": "export_chosen", "_selected_action": [str(first.pk)]})
        manager.post(answer.headers["Location"], {"format": "csv", "columns": ["actor"]})

        assert only_export().filters == {"ids": [str(first.pk)]}

    def test_all_rows_of_the_list(self, tenant: Tenant, manager: Client) -> None:
        first, _second = make_entries(tenant, 2)

        answer = manager.post(
            f"{AUDIT_LIST}?actor_kind__exact=person",
            {"action": "export_chosen", "_selected_action": [str(first.pk)], "select_across": "1"},
        )

        assert answer.headers["Location"] == f"{AUDIT_LIST}export/?actor_kind__exact=person"

    def test_without_columns_the_form_says_so(self, manager: Client) -> None:
        page = manager.post(f"{AUDIT_LIST}export/", {"format": "csv"})

        assert page.status_code == 200
        assert "Choose at least one column." in page.content.decode()

    @pytest.mark.parametrize("role", ["agent", "viewer"])
    def test_agents_and_viewers_have_no_button(self, tenant: Tenant, client: Client, role: str) -> None:
        client.force_login(make_member(tenant, role).user)

        assert "/export/" not in client.get(AUDIT_LIST).content.decode()
        assert client.post(f"{AUDIT_LIST}export/", {"format": "csv", "columns": ["actor"]}).status_code == 403

    def test_an_operator_chooses_a_company_first(self, db: None, client: Client) -> None:
        client.force_login(make_operator())

        assert "/auditentry/export/" not in client.get(AUDIT_LIST).content.decode()
        assert client.get(reverse("admin:tenants_auditentry_export")).status_code == 403


@pytest.mark.usefixtures("audit_page")
def test_a_filter_that_the_list_does_not_have_leads_back_to_it(tenant: Tenant, manager: Client) -> None:
    page = manager.get(f"{AUDIT_LIST}export/?nonsense=1", follow=True)

    assert page.redirect_chain[0][0].startswith(AUDIT_LIST)
    assert "no filter “nonsense”" in page.content.decode()
