"""What the rooms below have to export; rooms above declare theirs themselves."""

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exports.columns import Column
from exports.filters import ChoiceFilter, RangeFilter, TextFilter
from exports.imports.extensions import ExtensionImporter
from exports.imports.importer import register_importer
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.actions.save_mobiles import mobiles_of
from tenants.models import AuditEntry, Extension


class AuditResource(DatasetResource):
    created_at = Column(_("When"))
    actor = Column(_("Who"))
    actor_kind = Column(_("Kind"))
    action = Column(_("Action"))
    object_type = Column(_("Object type"))
    object_name = Column(_("Object"))
    object_id = Column(_("Object id"), is_default=False)
    address = Column(pgettext_lazy("address", "From"), kind=Kind.TEXT)
    user_agent = Column(_("Program"), is_default=False)
    before = Column(pgettext_lazy("values", "Before"))
    after = Column(pgettext_lazy("values", "After"))
    correlation_id = Column(_("Correlation"), kind=Kind.TEXT, is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = AuditEntry


AUDIT = register_dataset(
    Dataset(
        name="audit",
        title=_("Audit trail"),
        resource=AuditResource,
        filters=(
            RangeFilter("created_at", _("When")),
            TextFilter("actor", _("Who")),
            ChoiceFilter("actor_kind", _("Kind")),
            TextFilter("action", _("Action")),
            TextFilter("object_id", _("Object id")),
            TextFilter("object_name", _("Object"), lookup="icontains"),
            TextFilter("address", pgettext_lazy("address", "From")),
        ),
        search=("actor", "action", "object_name"),
        order=("-id",),
        roles=ADMINISTRATORS,
        scope="audit:read",
    )
)


class ExtensionResource(DatasetResource):
    number = Column(_("Number"), kind=Kind.PHONE)
    name = Column(_("Name"))
    mobiles = Column(_("Mobile numbers"), kind=Kind.JSON)
    created_at = Column(_("Created"), is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = Extension

    @classmethod
    def rows(cls) -> QuerySet[Model]:
        return super().rows().prefetch_related("mobiles")

    def dehydrate_mobiles(self, extension: Extension) -> list[str]:
        return mobiles_of(extension)


EXTENSIONS = register_dataset(
    Dataset(
        name="extensions",
        title=_("Extensions"),
        resource=ExtensionResource,
        filters=(RangeFilter("created_at", _("Created")), TextFilter("number", _("Number"))),
        search=("number", "name"),
        order=("number", "id"),
        roles=MANAGERS,
    )
)
register_importer(ExtensionImporter)
