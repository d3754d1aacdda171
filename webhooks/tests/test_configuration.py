"""Endpoints and sources in the configuration file: applied twice, changed, dumped, and mistakes that name their line."""

import pytest
import yaml

from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import Tenant
from tenants.scoping import all_tenants
from webhooks.models import Endpoint, EndpointSecret, Source
from webhooks.signing import new_secret

SECRET = new_secret()
FILE = """tenants:
- number: "0367"
  name: June
  timezone: Europe/Minsk
  endpoints:
  - name: CRM feed
    url: "https://Hooks.Example.com"
    events: ["endpoint.*", "endpoint.disabled"]
    secret: "%s"
    format: standard
    headers: {X-Shop: "7"}
    filter: {data.reason: {in: [gone, person]}, data.n: {gte: 2.5}}
"""


@pytest.fixture(autouse=True)
def _everybody(db):
    with all_tenants():
        yield


def test_applying_twice_changes_nothing():
    first = apply_text(FILE % SECRET)
    second = apply_text(FILE % SECRET)

    assert any("endpoint CRM feed" in str(change) for change in first.changes)
    assert second.changes == []
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.events) == (
        "https://hooks.example.com/",
        ["endpoint.*", "endpoint.disabled"],
    )
    assert EndpointSecret.objects.get().secret == SECRET
    assert SECRET not in " ".join(map(str, first.changes))


def test_a_changed_secret_is_rotated_with_overlap():
    fresh = new_secret()
    apply_text(FILE % SECRET)

    plan = apply_text(FILE % fresh)

    assert len(plan.changes) == 1
    assert [(row.secret == fresh, row.expires_at is None) for row in EndpointSecret.objects.all()] == [
        (True, True),
        (False, False),
    ]


def test_a_dry_run_leaves_nothing():
    plan = apply_text(FILE % SECRET, dry_run=True)

    assert plan.changes
    assert not Tenant.objects.exists()


def test_dump_is_the_same_form():
    apply_text(FILE % SECRET)

    (public,) = dump_tenants()["tenants"][0]["endpoints"]
    (full,) = dump_tenants(secrets=True)["tenants"][0]["endpoints"]

    assert public == {
        "name": "CRM feed",
        "events": ["endpoint.*", "endpoint.disabled"],
        "format": "standard",
        "filter": {"data.reason": {"in": ["gone", "person"]}, "data.n": {"gte": 2.5}},
    }
    assert full == {
        **public,
        "url": "https://hooks.example.com/",
        "headers": {"X-Shop": "7"},
        "secret": SECRET,
    }


def test_a_dump_without_secrets_leaves_what_is_sealed_as_it_is():
    apply_text(FILE % SECRET)

    assert apply_text(yaml.safe_dump(dump_tenants())).changes == []

    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.headers) == ("https://hooks.example.com/", {"X-Shop": "7"})


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"https://Hooks.Example.com"', "http://localhost/", r"line 7, tenants\[0\].endpoints\[0\].url"),
        ('["endpoint.*", "endpoint.disabled"]', '["nothing.at.all"]', "nothing.at.all"),
        ("format: standard", "format: morse", "line 10.*format"),
        ("format: standard", "colour: red", "colour"),
        ('secret: "%s"', 'secret: "x%s"', "line 9.*secret"),
        ("    events:", "    enabled: 7\n    events:", "enabled"),
        ('    url: "https://Hooks.Example.com"\n', "", "line 6.*“url” is missing"),
    ],
)
def test_mistakes_name_their_line(old, new, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        apply_text(FILE.replace(old, new) % SECRET)

    assert not Endpoint.objects.exists()


SOURCES = """tenants:
- number: "0367"
  name: June
  sources:
  - {name: Shop, preset: shopify, secret: "the signing secret"}
  - name: Partner
    preset: hmac
    id: partner-0367-A_bcdefghi
    secret: another long secret
    options: {header: X-Signature, prefix: "sha256=", id_field: id}
    tolerance: 60
    description: nightly
    enabled: false
"""


def test_sources_are_applied_once():
    first, second = apply_text(SOURCES), apply_text(SOURCES)

    assert [str(change).partition(" (")[0] for change in first.changes] == [
        "+ tenant 0367",
        "+ source Shop",
        "+ source Partner",
    ]
    assert second.changes == []
    shop, partner = Source.objects.order_by("-name")
    assert (shop.preset, shop.secret, shop.is_enabled) == ("shopify", "the signing secret", True)
    assert (partner.public_id, partner.tolerance, partner.is_enabled) == (
        "partner-0367-A_bcdefghi",
        60,
        False,
    )
    assert partner.options == {"header": "X-Signature", "prefix": "sha256=", "id_field": "id"}
    assert "secret" not in "".join(str(change) for change in first.changes).replace("secret: '•••'", "")


def test_a_dry_run_of_sources_shows_the_difference_and_leaves_nothing():
    apply_text(SOURCES)

    plan = apply_text(SOURCES.replace("tolerance: 60", "tolerance: 90"), dry_run=True)

    assert [str(change) for change in plan.changes] == ["~ source Partner (tolerance: 90)"]
    assert Source.objects.get(name="Partner").tolerance == 60


def test_a_changed_secret_of_a_source_leaves_the_former_one_valid():
    apply_text(SOURCES)

    plan = apply_text(SOURCES.replace("the signing secret", "a fresh secret"))

    shop = Source.objects.get(name="Shop")
    assert [str(change) for change in plan.changes] == ["~ source Shop (secret: '•••')"]
    assert (shop.secret, shop.previous_secret) == ("a fresh secret", "the signing secret")
    assert shop.has_former_secret()
    assert apply_text(SOURCES.replace("the signing secret", "a fresh secret")).changes == []


def test_a_dump_of_sources_can_be_applied_elsewhere():
    apply_text(SOURCES)

    public = dump_tenants()["tenants"][0]["sources"]
    full = dump_tenants(secrets=True)
    assert all("secret" not in source for source in public)
    written = yaml.safe_dump(full, allow_unicode=True)
    assert apply_text(written).changes == []
    before = [source.path for source in Source.objects.all()]
    Tenant.objects.all().delete()
    apply_text(written)

    assert [source.path for source in Source.objects.all()] == before
    assert dump_tenants(secrets=True) == full


def test_a_secret_is_made_where_it_can_be():
    apply_text(
        SOURCES.replace(', secret: "the signing secret"', "").replace("preset: shopify", "preset: github")
    )

    assert len(Source.objects.get(name="Shop").secret) >= 32


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "preset: shopify",
            "preset: fax",
            r"line 5, tenants\[0\].sources\[0\].preset: unknown preset; known are",
        ),
        (', secret: "the signing secret"', "", "line 5.*the sender makes it"),
        ("the signing secret", "…", "line 5.*8 to 500 characters"),
        ("preset: hmac\n    ", "", "line 6.*“preset” is missing"),
        ("header: X-Signature, ", "", "line 10.*Name the header"),
        ("id_field", "colour", "line 10.*no option “colour”"),
        ("id: partner-0367-A_bcdefghi", "id: short", "public_id: 16 to 64"),
        ("tolerance: 60", "tolerance: soon", "line 11.*number of seconds"),
        ("tolerance: 60", "tolerance: 1", "tolerance: .*greater than or equal to 10"),
        ("enabled: false", "enabled: 7", "line 13.*true or false"),
        ("name: Partner", "name: shop", "line 6.*there already"),
        (SOURCES[SOURCES.index("  sources:") :], "  sources: {name: Shop}\n", "line 4.*a list was expected"),
    ],
)
def test_mistakes_in_sources_name_their_line(old, new, complaint):
    assert old in SOURCES

    with pytest.raises(ConfigurationError, match=complaint):
        apply_text(SOURCES.replace(old, new, 1))

    assert not Source.objects.exists()


def test_the_preset_of_a_source_stays():
    apply_text(SOURCES)

    with pytest.raises(ConfigurationError, match="part of the URL"):
        apply_text(SOURCES.replace("preset: shopify", "preset: github"))

    assert Source.objects.get(name="Shop").preset == "shopify"


def test_an_empty_list_of_sources_is_fine():
    apply_text(FILE % SECRET + "  sources: []\n")

    assert Endpoint.objects.count() == 1


TYPES = """tenants:
- number: "0367"
  name: June
  endpoints: [{name: Carts, url: "https://example.com/", events: ["shop.*"]}]
  event_types:
  - name: shop.cart.abandoned
    title: Cart abandoned
    schema: {type: object, required: [total], properties: {total: {type: number, minimum: 1.5}, n: {maximum: 7}}}
    example: {total: 5, n: 2}
"""


def test_own_event_types_stand_before_the_endpoints_that_want_them():
    apply_text(TYPES)
    again = apply_text(TYPES)

    (dumped,) = dump_tenants()["tenants"][0]["event_types"]
    assert again.changes == []
    assert yaml.safe_load(TYPES)["tenants"][0]["event_types"] == [dumped]
    assert Endpoint.objects.get().events == ["shop.*"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("minimum: 1.5", "pattern: a", "schema: properties.total.pattern"),
        ("total: 5", "total: 1", "example: total"),
        ("    title: Cart abandoned\n", "", "title"),
        ("name: shop.cart.abandoned", "name: order.mine", "name: Types that begin with"),
        ("example:", "exmple:", "unknown key"),
    ],
)
def test_mistakes_in_event_types(old, new, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        apply_text(TYPES.replace(old, new))


FORMS = """tenants:
- number: "0367"
  name: June
  endpoints:
  - name: Chat
    url: "https://discord.com/api/webhooks/1/a"
    events: ["*"]
    format: discord
    template: |
      **{{ title }}**
      {{ data.name }}
  - name: Shop
    url: "https://example.com/"
    events: ["*"]
    secret: my-own-secret
    rate_limit: 20
    rate_period: minute
    concurrency: 3
    ordering_mode: strict
    on_failure: block
    batch_size: 10
    signing: {scheme: custom, header: X-Sign, signed: "{timestamp}{body}"}
  - name: Group
    url: "https://api.telegram.org/bot1:a/sendMessage"
    events: ["*"]
    format: telegram
    options: {chat_id: -1001, thread_id: 7}
"""


def test_formats_and_signatures_in_the_file():
    apply_text(FORMS)
    again = apply_text(FORMS)

    chat, group, shop = dump_tenants(secrets=True)["tenants"][0]["endpoints"]
    assert again.changes == []
    assert chat["url"] == "https://discord.com/api/webhooks/1/a?wait=true"
    assert chat["template"] == "**{{ title }}**\n{{ data.name }}\n"
    assert group["options"] == {"chat_id": "-1001", "thread_id": "7"}
    assert shop["signing"] == {"scheme": "custom", "header": "X-Sign", "signed": "{timestamp}{body}"}
    assert shop["secret"] == "my-own-secret"
    flow = ("rate_limit", "rate_period", "concurrency", "ordering_mode", "on_failure", "batch_size")
    assert [shop[name] for name in flow] == [20, "minute", 3, "strict", "block", 10]
    assert not set(flow) & set(chat)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{{ data.name }}", "{{ data.name() }}", r"template: Line 2: “\(\)” cannot be used here"),
        ("chat_id: -1001", "chat: 1", "options: .*chat"),
        ("header: X-Sign", "header: Host", "signing: header"),
        ("secret: my-own-secret", "secret: short", r"line \d+, .*secret"),
        ("sendMessage", "getMe", r"line \d+, .*url"),
        ("rate_limit: 20", "rate_limit: many", "rate_limit"),
        ("batch_size: 10", "batch_size: 1000", "batch_size"),
        ("ordering_mode: strict", "ordering_mode: sorted", "ordering_mode"),
        ("ordering_mode: strict", "ordering_mode: key", "ordering_key"),
    ],
)
def test_mistakes_in_formats_and_signatures(old, new, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        apply_text(FORMS.replace(old, new))
