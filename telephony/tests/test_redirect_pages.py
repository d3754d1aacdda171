"""Smart redirect where people and files meet it: its settings, its list, the call's story, configuration as code."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.ids import uuid7_at
from telephony.models import CallAlias, Pbx, RedirectDecision, RedirectLine, RedirectSettings
from telephony.redirect import rules
from telephony.selectors import Sight, timeline
from telephony.tasks import REDIRECTS_KEPT, forget_redirects
from telephony.tests.factories import make_pbx, play
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.models import AuditEntry, Role, Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db
FILE = """
tenants:
- number: "0367"
  name: June
  smart_redirect:
    enabled: true
    sources: [conversation, crm]
    budget_ms: {budget}
    excluded_lines: ["+375173001009"]
    contexts: [hub-redirect]
    lines: [{{line: "+375173001001", enabled: false}}]
"""


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with all_tenants():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(timezone="UTC")


def signed_in(tenant: Tenant, role: str) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def decision(pbx: Pbx, **values: Any) -> RedirectDecision:
    named: Any = {"tenant_id": pbx.tenant_id, "pbx": pbx, "phone": "+375291234570"}
    return RedirectDecision.objects.create(**(named | values))


def test_a_file_sets_it_and_applying_it_again_changes_nothing() -> None:
    assert apply_text(FILE.format(budget=500)).changes

    made, line = RedirectSettings.objects.get(), RedirectLine.objects.get()
    assert (made.is_enabled, made.sources, made.budget_ms) == (True, ["conversation", "crm"], 500)
    assert (line.line, line.is_enabled, line.sources) == ("+375173001001", False, [])
    assert apply_text(FILE.format(budget=500)).changes == []
    told = dump_tenants()["tenants"][0]["smart_redirect"]
    assert (told["enabled"], told["contexts"], told["lines"][0]["line"]) == (
        True,
        ["hub-redirect"],
        "+375173001001",
    )
    assert [str(one) for one in apply_text(FILE.format(budget=600)).changes] == [
        "~ smart redirect (budget_ms: 600)"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("budget_ms: 500", "budget_ms: 5000"),
        ("budget_ms: 500", "budget_ms: soon"),
        ("[conversation, crm]", "[crm, crm]"),
        ("[conversation, crm]", "crm"),
        ("[conversation, crm]", "[nobody]"),
        ("[hub-redirect]", '["a,b"]'),
        ("enabled: true", "enabled: yes please"),
        ("sources:", "resources:"),
    ],
)
def test_mistakes_are_named_and_nothing_changes(before: str, after: str) -> None:
    with pytest.raises(ConfigurationError):
        apply_text(FILE.format(budget=500).replace(before, after, 1))

    assert RedirectSettings.objects.count() == 0


def test_an_administrator_sets_it_on_its_page(tenant: Tenant) -> None:
    client = signed_in(tenant, Role.ADMIN)
    empty = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0"}
    numbers = {"days": "30", "budget_ms": "700", "remembers_minutes": "5", "ring_seconds": "20"}
    lists = {"excluded_numbers": "+375291112233\n\n +375291112234 ", "contexts": "hub-redirect"}
    own = {"lines-0-line": "+375173001001", "lines-0-first": "records"}

    answer = client.post(
        reverse("admin:telephony_redirectsettings_add"),
        {**empty, **numbers, **lists, **own, "is_enabled": "on", "first": "conversation", "third": "crm"},
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made, line = RedirectSettings.objects.get(), RedirectLine.objects.get()
    assert (made.tenant_id, made.sources, made.is_enabled) == (tenant.pk, ["conversation", "crm"], True)
    assert (made.excluded_numbers, made.contexts) == (["+375291112233", "+375291112234"], ["hub-redirect"])
    assert (line.tenant_id, line.sources) == (tenant.pk, ["records"])
    page = reverse("admin:telephony_redirectsettings_change", args=[made.pk])
    assert client.get(page).status_code == 200
    assert AuditEntry.objects.filter(action="redirectsettings.created").count() == 1
    again = client.post(reverse("admin:telephony_redirectsettings_add"), {**empty, **numbers})
    assert again.status_code == 200
    assert RedirectSettings.objects.count() == 1


def test_one_source_twice_and_a_bad_context_are_refused(tenant: Tenant) -> None:
    client = signed_in(tenant, Role.ADMIN)
    values = {
        "lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0", "days": "30", "budget_ms": "700",
        "remembers_minutes": "5", "ring_seconds": "20",
    }  # fmt: skip

    for wrong in ({"first": "crm", "second": "crm"}, {"contexts": "a context,with a comma"}):
        answer = client.post(reverse("admin:telephony_redirectsettings_add"), {**values, **wrong})
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors
    assert RedirectSettings.objects.count() == 0


def test_the_list_says_why_and_another_company_sees_nothing(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    steps = [{"extension": "150", "source": "crm", "name": "<b>Petrov</b>", "verdict": "busy"}]
    row = decision(pbx, reason_code="busy", steps=steps, ms=42)
    listed = reverse("admin:telephony_redirectdecision_changelist")
    page = reverse("admin:telephony_redirectdecision_change", args=[row.pk])

    ours, theirs = signed_in(tenant, Role.MANAGER), signed_in(make_tenant(), Role.OWNER)

    assert "The manager is in a call." in ours.get(listed).content.decode()
    shown = ours.get(page).content.decode()
    assert "&lt;b&gt;Petrov&lt;/b&gt;" in shown
    assert "42 ms" in shown
    assert "+375291234570" not in theirs.get(listed).content.decode()
    assert theirs.get(page).status_code == 302
    assert signed_in(tenant, Role.AGENT).get(listed).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(
    tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    pbx, client = make_pbx(tenant), signed_in(tenant, Role.MANAGER)
    for _number in range(30):
        decision(pbx, reason_code="nobody")
    listed = reverse("admin:telephony_redirectdecision_changelist")
    client.get(listed)

    with django_assert_max_num_queries(12):
        assert client.get(listed).status_code == 200


def test_a_decision_is_a_part_of_its_calls_story(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    call = play(pbx, "inbound_answered")
    channel = CallAlias.objects.filter(call=call).first()
    assert channel is not None
    steps = [{"extension": "150", "source": "crm", "name": "", "verdict": "free"}]
    decision(
        pbx,
        unique_id=channel.channel,
        outcome="redirected",
        reason_code="found",
        extension="150",
        steps=steps,
    )
    decision(pbx, unique_id="another-call", outcome="normal", reason_code="nobody")

    [told] = [one for one in timeline(call) if one.source == "redirect"]

    assert (told.title, told.tone) == ("to the manager", "good")
    assert told.text == "150 · The manager was found and can be reached."
    assert [part.text for part in told.parts] == ["150  can be reached"]
    assert [one for one in timeline(call, Sight.CALL) if one.source == "redirect"] == []


def test_decisions_are_forgotten_after_three_months(tenant: Tenant) -> None:
    pbx = make_pbx(tenant)
    young = decision(pbx)
    decision(pbx, id=uuid7_at(timezone.now() - REDIRECTS_KEPT - timedelta(hours=1)))

    assert forget_redirects() == 1
    assert list(RedirectDecision.objects.values_list("id", flat=True)) == [young.pk]


def test_rules_are_followed_within_seconds(tenant: Tenant) -> None:
    rules.forget_rules()
    assert not rules.rules_of(tenant.pk).is_enabled
    RedirectSettings.objects.create(tenant=tenant, is_enabled=True)

    assert not rules.rules_of(tenant.pk).is_enabled
    rules.forget_rules()
    assert rules.rules_of(tenant.pk).is_enabled
