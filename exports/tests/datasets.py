"""Two datasets in the terms of the room below, for tests: one of plain columns, one with everything else."""

from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from exports.columns import Column
from exports.filters import BooleanFilter, ChoiceFilter, RangeFilter, RelatedFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset
from exports.resources import DatasetResource
from tenants.models import AuditEntry, Member


class AuditResource(DatasetResource):
    created_at = Column("When")
    actor = Column("Who")
    actor_kind = Column("Kind")
    address = Column("From", kind=Kind.PHONE)
    after = Column("After")
    what = Column("What", expression=Concat(F("action"), Value(" "), F("object_name")), kind=Kind.TEXT)
    id = Column("Id", is_default=False)

    class Meta:
        model = AuditEntry


class MemberResource(DatasetResource):
    user = Column("Login", attribute="user__username")
    role = Column("Role")
    extension = Column("Extension", attribute="extension__number")
    is_active = Column("Active")
    created_at = Column("Since")
    greeting = Column("Greeting", is_default=False)

    class Meta:
        model = Member
        select_related = ("user", "extension")

    @classmethod
    def rows(cls) -> QuerySet[Any]:
        return super().rows().exclude(user__username="hidden")

    def dehydrate_greeting(self, member: Member) -> str:
        return f"=Hello {member.user.username}"


AUDIT = Dataset(
    name="audit",
    title="Audit/trail",
    resource=AuditResource,
    filters=(
        RangeFilter("created_at", "When"),
        ChoiceFilter("kind", "Kind", field="actor_kind"),
        TextFilter("actor", "Who"),
        TextFilter("object", "Object", field="object_name", lookup="icontains"),
    ),
    search=("actor", "action", "object_name"),
    order=("id",),
)
MEMBERS = Dataset(
    name="members",
    title="Members",
    resource=MemberResource,
    filters=(BooleanFilter("is_active", "Active"), RelatedFilter("extension", "Extension")),
    order=("id",),
)
