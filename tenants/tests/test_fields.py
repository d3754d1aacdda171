"""Values at rest: sealed, bound to their column, readable after a rotation of keys."""

import pytest
from django.core import serializers
from django.db import connection, models

from config import keyring
from config.env import new_encryption_key
from tenants.fields import EncryptedJSONField, EncryptedTextField
from tenants.models import StoredAnswer
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


class Secrets(models.Model):
    """Never in the database: for what needs a text field."""

    text = EncryptedTextField(null=True)
    other = EncryptedTextField(null=True)
    mapping = EncryptedJSONField(null=True)

    class Meta:
        app_label = "tenants"
        managed = False


@pytest.fixture(scope="module", autouse=True)
def _forgotten_afterwards():
    yield
    from django.apps import apps

    del apps.all_models["tenants"]["secrets"]
    apps.clear_cache()


@pytest.fixture
def stored() -> StoredAnswer:
    with all_tenants():
        return StoredAnswer.objects.create(
            tenant=make_tenant(), key="k", request_digest="", body={"b": "plain", "a": [1, None]}
        )


def raw() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_storedanswer")
        return cursor.fetchone()[0]


def fresh(stored: StoredAnswer) -> StoredAnswer:
    return StoredAnswer._base_manager.get(pk=stored.pk)


def test_the_database_never_sees_the_plain_value(stored):
    assert raw().startswith("sb1.")
    assert "plain" not in raw()
    assert fresh(stored).body == {"b": "plain", "a": [1, None]}


def test_equal_values_are_sealed_differently(stored):
    first = raw()

    stored.save()

    assert raw() != first


@pytest.mark.parametrize("value", [None, {}, [], "", 0, False, "text", {"k": "\ud800 \x00 ✓"}, [[["deep"]]]])
def test_every_json_value_comes_back(stored, value):
    stored.body = value
    stored.save()

    assert fresh(stored).body == value
    stored.refresh_from_db()
    assert stored.body == value


def test_bulk_writes_seal_as_well(stored):
    with all_tenants():
        StoredAnswer.objects.update(body={"written": "by update"})
        assert "by update" not in raw()
        assert StoredAnswer.objects.values_list("body", flat=True)[0] == {"written": "by update"}
        stored.body = {"written": "by bulk_update"}
        StoredAnswer.objects.bulk_update([stored], ["body"])

    assert raw().startswith("sb1.")
    assert fresh(stored).body == {"written": "by bulk_update"}


@pytest.mark.parametrize(
    "lookup", ["body", "body__exact", "body__in", "body__contains", "body__startswith", "body__gt"]
)
def test_a_sealed_value_cannot_be_searched(stored, lookup):
    with all_tenants(), pytest.raises(TypeError, match="cannot be searched"):
        StoredAnswer.objects.filter(**{lookup: ["x"]}).first()


def test_whether_there_is_a_value_may_be_asked(stored):
    with all_tenants():
        assert StoredAnswer.objects.filter(body__isnull=False).count() == 1


def test_validation_leaves_the_value_as_it_is(stored):
    with all_tenants():
        stored.full_clean(exclude=["status", "request_digest"])

    assert stored.body == {"b": "plain", "a": [1, None]}


def test_a_ciphertext_moved_to_another_column_does_not_open():
    sealed = Secrets._meta.get_field("text").get_prep_value("secret")

    with pytest.raises(keyring.Unreadable):
        Secrets._meta.get_field("other").from_db_value(sealed, None, None)


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-4] + "AAAA", lambda text: text[:20], lambda text: "", lambda text: "plain"]
)
def test_an_altered_value_does_not_open(stored, spoil):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_storedanswer SET body = %s", [spoil(raw())])

    with pytest.raises(keyring.Unreadable):
        fresh(stored)


def test_values_of_an_older_key_open_and_new_ones_use_the_newest(stored, settings):
    old = raw()
    settings.ENCRYPTION_KEYS = [new_encryption_key(), *settings.ENCRYPTION_KEYS]
    assert fresh(stored).body["b"] == "plain"
    assert not keyring.ring().is_current(old)

    fresh(stored).save()

    assert keyring.ring().is_current(raw())
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert fresh(stored).body["b"] == "plain"


def test_a_lost_key_is_an_error_not_an_empty_value(stored, settings):
    settings.ENCRYPTION_KEYS = [new_encryption_key()]

    with pytest.raises(keyring.Unreadable):
        fresh(stored)


def test_a_dump_of_the_data_is_sealed_and_loads_again(stored):
    with all_tenants():
        dumped = serializers.serialize("json", StoredAnswer.objects.all())
        assert "plain" not in dumped
        StoredAnswer.objects.all().delete()

        for loaded in serializers.deserialize("json", dumped):
            loaded.save()

    assert fresh(stored).body == {"b": "plain", "a": [1, None]}


def test_a_text_that_only_looks_sealed_stays_a_text():
    field = Secrets._meta.get_field("text")

    assert field.clean("sb1.k.notsealed", None) == "sb1.k.notsealed"
    assert field.clean(5, None) == "5"
    sealed = field.get_prep_value("sb1.k.notsealed")
    assert field.from_db_value(sealed, None, None) == "sb1.k.notsealed"


def test_texts_with_lone_surrogates_come_back():
    field = Secrets._meta.get_field("text")

    assert field.from_db_value(field.get_prep_value("\ud800"), None, None) == "\ud800"


def test_migrations_can_name_the_field():
    field = Secrets._meta.get_field("mapping")
    name, path, args, options = field.deconstruct()

    assert (name, path, args, options) == ("mapping", "tenants.fields.EncryptedJSONField", [], {"null": True})
    assert field.clone().null
