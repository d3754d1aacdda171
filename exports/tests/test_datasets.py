"""Declarations: a wrong one stops the start, a right one is an ordinary django-import-export resource."""

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F
from django.utils.translation import override

from exports import datasets
from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter
from exports.kinds import Kind
from exports.registry import Dataset, UnknownDataset, get_dataset, register_dataset
from exports.resources import DatasetResource
from exports.tests.datasets import AUDIT, MEMBERS, AuditResource, MemberResource
from exports.tests.support import make_entries
from tenants.models import AuditEntry, Member, Tenant
from tenants.scoping import tenant_scope


def test_columns_know_their_kind_path_and_labels() -> None:
    kinds = {name: (column.kind, column.path) for name, column in AUDIT.columns.items()}

    assert kinds == {
        "created_at": (Kind.DATETIME, "created_at"),
        "actor": (Kind.TEXT, "actor"),
        "actor_kind": (Kind.TEXT, "actor_kind"),
        "address": (Kind.PHONE, "address"),
        "after": (Kind.JSON, "after"),
        "what": (Kind.TEXT, "what"),
        "id": (Kind.TEXT, "id"),
    }
    assert set(AUDIT.columns["actor_kind"].labels or ()) == {"person", "key", "system"}
    assert MEMBERS.columns["extension"].path == "extension__number"
    assert MEMBERS.columns["greeting"].path is None


def test_only_declared_columns_exist_in_their_order() -> None:
    assert list(MEMBERS.columns) == ["user", "role", "extension", "is_active", "created_at", "greeting"]
    assert set(MemberResource.fields) == set(MEMBERS.columns)
    assert MEMBERS.default_columns == ("user", "role", "extension", "is_active", "created_at")


def test_it_is_a_resource_that_import_export_itself_can_export(tenant: Tenant) -> None:
    make_entries(tenant, 2)

    with tenant_scope(tenant):
        exported = AuditResource().export(AuditResource().get_queryset().order_by("id"))

    assert exported.headers == ["When", "Who", "Kind", "From", "After", "What", "Id"]
    assert exported["What"] == ["thing.done Вещь 0", "thing.done Вещь 1"]


class Wrong(DatasetResource):
    nothing = Column("Nothing")

    class Meta:
        model = AuditEntry


class Unkind(DatasetResource):
    what = Column("What", expression=F("action"))

    class Meta:
        model = AuditEntry


class Empty(DatasetResource):
    class Meta:
        model = Member


@pytest.mark.parametrize(
    ("dataset", "error"),
    [
        (Dataset("x", "X", Wrong), FieldDoesNotExist),
        (Dataset("x", "X", Unkind), TypeError),
        (Dataset("x", "X", Empty), TypeError),
        (Dataset("x", "X", AuditResource, order=("-when",)), FieldDoesNotExist),
        (Dataset("x", "X", AuditResource, search=("tenant__secret",)), FieldDoesNotExist),
        (Dataset("x", "X", AuditResource, filters=(RangeFilter("actor", "Who"),)), TypeError),
        (Dataset("x", "X", AuditResource, filters=(ChoiceFilter("actor", "Who"),)), TypeError),
        (
            Dataset("x", "X", AuditResource, filters=(ChoiceFilter("ids", "Kind", field="actor_kind"),)),
            TypeError,
        ),
        (Dataset("audit", "Twice", AuditResource), TypeError),
    ],
)
def test_a_wrong_declaration_is_refused_at_once(dataset: Dataset, error: type[Exception]) -> None:
    with pytest.raises(error):
        register_dataset(dataset)

    with pytest.raises(UnknownDataset):
        get_dataset("x")


def test_the_columns_of_the_audit_trail_are_no_range_in_russian() -> None:
    """From (where), before and after are words of ranges as well."""
    with override("ru"):
        columns = Dataset(name="trail", title="Trail", resource=datasets.AuditResource).columns
        assert [str(columns[name].heading) for name in ("address", "before", "after")] == [
            "Откуда",
            "Было",
            "Стало",
        ]
