"""Configuration as code: reading, applying, dumping."""

import io
import time

import pytest
import yaml
from django.core.management import CommandError, call_command

from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import read
from tenants.models import ApiKey, AuditEntry, Extension, Member, Tenant, User
from tenants.models.api_key import digest
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db

FILE = """\
tenants:
- number: "0367"
  name: June
  timezone: Europe/Minsk
  phone_region: BY
  extensions: [{number: "150", name: "Anna"}, {number: "151"}]
  members:
  - {username: anna, role: admin, password: "correct horse battery", extension: "150", email: anna@example.com, name: Anna}
  api_keys:
  - {name: ci, key: "sbk_0123456789abcdef", scopes: ["calls:read"]}
"""


def counts() -> tuple[int, ...]:
    with all_tenants():
        return tuple(model.objects.count() for model in (Tenant, User, Extension, Member, ApiKey, AuditEntry))


def error_of(source: str) -> str:
    before = counts()
    with pytest.raises(ConfigurationError) as caught:
        apply_text(source)
    assert counts() == before
    return str(caught.value)


def test_a_file_creates_what_it_names():
    plan = apply_text(FILE)

    tenant = Tenant.objects.get(number="0367")
    with tenant_scope(tenant):
        member = Member.objects.get()
        assert (tenant.name, tenant.timezone, tenant.phone_region) == ("June", "Europe/Minsk", "BY")
        assert list(Extension.objects.values_list("number", "name")) == [("150", "Anna"), ("151", "")]
        assert (member.user.username, member.role, member.extension.number) == ("anna", "admin", "150")
        assert (member.user.email, member.user.first_name) == ("anna@example.com", "Anna")
        assert member.user.check_password("correct horse battery")
        key = ApiKey.objects.get()
        assert (key.digest, key.scopes) == (digest("sbk_0123456789abcdef"), ["calls:read"])
        assert {entry.actor_kind for entry in AuditEntry.objects.all()} == {"system"}
    assert [str(change)[:2] for change in plan.changes] == ["+ "] * 6


def test_a_second_run_changes_nothing():
    apply_text(FILE)
    before = counts()

    plan = apply_text(FILE)

    assert [str(change) for change in plan.changes] == []
    assert counts() == before


def test_what_the_file_does_not_name_stays():
    apply_text(FILE)

    plan = apply_text('tenants: [{number: "0367", extensions: [{number: "151", name: "Bob"}]}]')

    assert [str(change) for change in plan.changes] == ["~ extension 151 (name: 'Bob')"]
    assert Tenant.objects.get().name == "June"
    with all_tenants():
        assert Extension.objects.count() == 2


def test_a_dry_run_shows_the_changes_and_makes_none():
    before = counts()

    plan = apply_text(FILE, dry_run=True)

    assert len(plan.changes) == 6
    assert counts() == before


def test_changes_never_show_secrets():
    shown = "\n".join(str(change) for change in apply_text(FILE).changes)

    assert "correct horse" not in shown
    assert "0123456789abcdef" not in shown
    with all_tenants():
        trail = str(list(AuditEntry.objects.values_list("before", "after")))
    assert "correct horse" not in trail
    assert digest("sbk_0123456789abcdef") not in trail


def test_a_new_password_is_set_once_and_audited():
    apply_text(FILE)

    plan = apply_text(FILE.replace("correct horse battery", "another long secret"))

    assert [str(change) for change in plan.changes] == ["~ user anna (password: '•••')"]
    assert User.objects.get().check_password("another long secret")


def test_an_error_at_the_end_undoes_everything():
    assert "line 12" in error_of(FILE + '- number: "0368"\n  colour: red\n')


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("tenants:\n- number: '1'\n  nmae: x", 3, "unknown key “nmae”"),
        ("tenants:\n- name: x", 2, "“number” is missing"),
        ("tenant: []", 1, "unknown key “tenant”"),
        ("tenants: {number: '1'}", 1, "a list was expected"),
        ("tenants: [x]", 1, "a mapping was expected"),
        ("tenants:\n- number: '1'\n  extensions: 5", 3, "a list was expected"),
        (
            "tenants:\n- number: '1'\n  extensions:\n  - {number: '1'}\n  - {number: '1'}",
            5,
            "there already, in line 4",
        ),
        ("tenants:\n- number: '1'\n- number: '1'", 3, "there already, in line 2"),
        ("tenants:\n- number: '1'\n  name: a\n  name: b", 4, "there twice"),
        ("tenants:\n- number: '12x'", 2, "Only digits"),
        ("tenants:\n- number: '1'\n  timezone: Mars/Olympus", 2, "Mars/Olympus"),
        ("tenants:\n- number: '1'\n  phone_region: NO", 3, "put it in quotes"),
        ("tenants:\n- number: '1'\n  name: ~", 3, "must be a text"),
        ("tenants:\n- number: '1'\n  name: [a]", 3, "must be a text"),
        ("tenants:\n- number: '1'\n  members: [{username: a, role: king}]", 3, "unknown role"),
        ("tenants:\n- number: '1'\n  members: [{username: a b, role: admin}]", 3, "username"),
        ("tenants:\n- number: '1'\n  members: [{username: a, extension: '9'}]", 3, "no extension 9"),
        (
            "tenants:\n- number: '1'\n  api_keys: [{name: a, key: kkkkkkkkkkkkkkkkk, scopes: [all]}]",
            3,
            "not a scope",
        ),
        (
            "tenants:\n- number: '1'\n  api_keys: [{name: a, key: kkkkkkkkkkkkkkkkk, scopes: all}]",
            3,
            "a list",
        ),
        ("tenants: [\n", 2, ""),
        ("- a", 1, "must be a mapping"),
        ("", 1, "must be a mapping"),
        ("tenants:\n- number: !!python/object/apply:os.system ['true']", 2, "not supported"),
        ("tenants:\n- number: !!binary aGVsbG8=", 2, "not supported"),
        ("tenants:\n- !secret x", 2, "not supported"),
        ("tenants:\n- {[a]: b}", 2, "a key must be a text"),
        ("tenants:\n- number: !!bool perhaps", 2, "neither true nor false"),
        ("a: 1\n---\nb: 2", 2, ""),
    ],
)
def test_a_mistake_is_named_with_its_line(source, line, words):
    message = error_of(source)

    assert message.startswith(f"line {line}")
    assert words in message


def test_the_place_names_the_path():
    assert "tenants[0].extensions[1].nmae" in error_of(
        "tenants: [{number: '1', extensions: [{number: '1'}, {number: '2', nmae: x}]}]"
    )


@pytest.mark.parametrize("source", ["a: \x00", "a: \ud800", "a: 'b", "%", "a: &x [*y]", "\t"])
def test_what_is_not_yaml_is_said_so(source):
    error_of(source)


def test_numbers_are_taken_as_they_are_written():
    apply_text(
        "tenants: [{number: 0367, name: 1.10, extensions: [{number: 0150, name: 12:30}, {number: 151}]}]"
    )

    with all_tenants():
        assert Tenant.objects.get().number == "0367"
        assert Tenant.objects.get().name == "1.10"
        assert list(Extension.objects.values_list("number", "name")) == [("0150", "12:30"), ("151", "")]


def test_values_keep_their_plain_types():
    block = read(
        "{a: 5, b: true, c: null, d: 1.5, e: 2026-01-01, f: 0x1F, g: 1_000, h: .inf, i: 99999999999999999999}"
    )

    assert dict(block) == {
        "a": 5, "b": True, "c": None, "d": 1.5, "e": "2026-01-01", "f": "0x1F", "g": "1_000", "h": ".inf",
        "i": "99999999999999999999",
    }  # fmt: skip


def test_a_bomb_of_aliases_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    started = time.monotonic()

    assert "more than" in error_of("\n".join(lines))
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("source", ["a: &a [*a]", "[" * 3000, "a: " + "[" * 60 + "]" * 60])
def test_endless_nesting_is_refused(source):
    assert "nested too deeply" in error_of(source)


def test_aliases_may_share_a_block():
    apply_text("tenants: [{number: '1', name: &n June}, {number: '2', name: *n}]")

    assert set(Tenant.objects.values_list("name", flat=True)) == {"June"}


def test_a_file_cannot_take_over_a_person_of_another_company():
    make_member(make_tenant(number="900"), user=make_user(username="anna", email="own@example.com"))

    assert "exists already" in error_of(FILE)
    assert "exists already" in error_of(
        "tenants: [{number: '1', members: [{username: ANNA, email: x@example.com}]}]"
    )

    apply_text("tenants: [{number: '1', members: [{username: anna}]}]")
    with all_tenants():
        assert Member.objects.filter(user__username="anna").count() == 2


def test_a_key_of_another_company_is_an_error_with_its_line():
    apply_text(FILE)

    message = error_of("tenants:\n- number: '1'\n  api_keys: [{name: ci, key: sbk_0123456789abcdef}]")

    assert message.startswith("line 3")


TWO_OWNERS = """\
tenants:
- number: "0367"
  members:
  - {username: anna, role: owner}
  - {username: boris, role: manager}
"""


@pytest.mark.parametrize(
    ("members", "line"),
    [
        ("  - {username: anna, role: admin}", 4),
        ("  - {username: boris, role: admin}\n  - {username: ANNA, role: viewer}", 5),
        ("  - username: anna\n    enabled: false", 5),
        ("  - {username: anna, role: owner, enabled: false}\n  - {username: boris, role: admin}", 4),
        ("  - {username: anna, role: admin}\n  - {username: boris, role: owner, enabled: false}", 4),
    ],
)
def test_the_last_owner_stays(members, line):
    apply_text(TWO_OWNERS)

    message = error_of(f'tenants:\n- number: "0367"\n  members:\n{members}\n')

    assert message.startswith(f"line {line}")
    assert "is the last owner of company 0367" in message


def test_a_company_changes_hands_in_any_order():
    apply_text(TWO_OWNERS)

    apply_text(TWO_OWNERS.replace("owner", "x").replace("manager", "owner").replace("role: x", "role: admin"))

    with all_tenants():
        roles = dict(Member.objects.values_list("user__username", "role"))
    assert roles == {"anna": "admin", "boris": "owner"}


def test_owners_who_are_not_live_do_not_count():
    apply_text(TWO_OWNERS.replace("manager", "owner"))
    User.objects.filter(username="boris").update(is_active=False)

    assert "“anna” is the last owner" in error_of(
        "tenants: [{number: '0367', members: [{username: anna, role: admin}]}]"
    )


def test_a_disabled_member_stays_disabled_elsewhere():
    apply_text(TWO_OWNERS)
    apply_text("tenants: [{number: '0367', members: [{username: boris, enabled: false}]}]")
    dumped = yaml.safe_dump(dump_tenants())
    assert apply_text(dumped).changes == []
    Tenant.objects.all().delete()

    apply_text(dumped)

    with all_tenants():
        assert dict(Member.objects.values_list("user__username", "is_active")) == {
            "anna": True,
            "boris": False,
        }


def test_a_weak_password_and_a_short_key_are_told():
    plan = apply_text(
        "tenants: [{number: '1', members: [{username: a, password: '1'}], api_keys: [{name: a, key: k}]}]"
    )

    assert len(plan.warnings) == 2


def test_a_dump_applies_without_change():
    apply_text(FILE)
    dumped = yaml.safe_dump(dump_tenants(), allow_unicode=True, sort_keys=False)

    plan = apply_text(dumped)

    assert [str(change) for change in plan.changes] == []


def test_a_dump_builds_the_same_elsewhere():
    apply_text(FILE)
    apply_text("tenants: [{number: '0400', members: [{username: anna, role: viewer}]}]")
    dumped = dump_tenants()
    Tenant.objects.all().delete()
    User.objects.all().delete()

    apply_text(yaml.safe_dump(dumped))

    assert dump_tenants() == dumped


def test_a_dump_without_secrets_holds_none():
    apply_text(FILE)

    dumped = str(dump_tenants())

    assert "correct horse" not in dumped
    assert "0123456789abcdef" not in dumped


def test_the_commands(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_text(FILE)
    out, dumped = io.StringIO(), io.StringIO()

    call_command("apply", str(path), "--dry-run", stdout=out)
    call_command("apply", str(path), stdout=out)
    call_command("apply", str(path), stdout=out)
    call_command("dump", "0367", "--secrets", stdout=dumped)

    assert [line for line in out.getvalue().splitlines() if "change(s)" in line] == [
        "6 change(s) would be made.",
        "6 change(s) made.",
        "0 change(s) made.",
    ]
    assert "'0367'" in dumped.getvalue()
    with all_tenants():
        assert AuditEntry.objects.filter(action="secrets.dumped", actor="manage.py dump").count() == 1


@pytest.mark.parametrize("content", [b"tenants: [x]", b"\xff\xfe\x00", None])
def test_the_command_tells_what_is_wrong_in_one_line(tmp_path, content):
    path = tmp_path / "file.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError) as caught:
        call_command("apply", str(path))

    assert str(path) in str(caught.value)


def test_a_dump_of_an_unknown_company_is_an_error():
    with pytest.raises(CommandError, match="0999"):
        call_command("dump", "0999")
