"""What a company has configured here, as rows that can be exported; some of them can be imported."""

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import BooleanFilter, ChoiceFilter, RangeFilter, RelatedFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from integrations import models
from webhooks.models import Endpoint


class IntegrationResource(DatasetResource):
    name = Column(_("Name"))
    connector = Column(_("System"))
    is_enabled = Column(_("Enabled"))
    health = Column(_("Health"))
    health_reason = Column(_("Reason"))
    last_success_at = Column(_("Last success"))
    last_failure_at = Column(_("Last failure"))
    created_at = Column(_("Created"))
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.Integration


register_dataset(
    Dataset(
        name="integrations",
        title=_("Integrations"),
        resource=IntegrationResource,
        filters=(ChoiceFilter("health", _("Health")), BooleanFilter("is_enabled", _("Enabled"))),
        order=("name", "id"),
        scope="integrations:read",
    )
)


class MappingResource(DatasetResource):
    integration = Column(_("Integration"), attribute="integration__name")
    outside_user_id = Column(_("User there"))
    extension = Column(_("Extension"), kind=Kind.PHONE)
    valid_from = Column(_("Since"), is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.ExtensionAssignment

    @classmethod
    def rows(cls) -> QuerySet[Model]:
        """Those in force; former ones are history."""
        return super().rows().filter(valid_to__isnull=True)


register_dataset(
    Dataset(
        name="extension_mappings",
        title=_("Whose number is which"),
        resource=MappingResource,
        filters=(RelatedFilter("integration", _("Integration")), TextFilter("extension", _("Extension"))),
        order=("integration__name", "extension", "id"),
        scope="integrations:read",
    )
)


class EndpointResource(DatasetResource):
    """Of a URL, which may hold a secret, as much as everybody sees who sees the endpoint."""

    name = Column(_("Name"))
    url = Column(_("URL"), kind=Kind.TEXT)
    events = Column(_("Events"))
    description = Column(_("Description"))
    format = Column(_("Format"))
    state = Column(_("State"))
    created_at = Column(_("Created"), is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = Endpoint

    def dehydrate_url(self, endpoint: Endpoint) -> str:
        return endpoint.shown_url


register_dataset(
    Dataset(
        name="endpoints",
        title=_("Endpoints"),
        resource=EndpointResource,
        filters=(ChoiceFilter("state", _("State")), RangeFilter("created_at", _("Created"))),
        search=("name", "host"),
        order=("name", "id"),
        scope="endpoints:read",
    )
)
