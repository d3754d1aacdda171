"""Synchronisation runs and exchanges with outside systems as rows that can be exported."""

from django.utils.translation import gettext_lazy as _

from exports.columns import Column
from exports.filters import BooleanFilter, ChoiceFilter, RangeFilter, TextFilter
from exports.kinds import Kind
from exports.registry import Dataset, register_dataset
from exports.resources import DatasetResource
from integrations import models
from tenants.access import ADMINISTRATORS


class SyncRunResource(DatasetResource):
    created_at = Column(_("When"))
    integration = Column(_("Integration"), attribute="plan__integration__name")
    kind = Column(_("Records"), attribute="plan__kind")
    state = Column(_("State"))
    is_full = Column(_("Everything"))
    is_dry = Column(_("Dry run"))
    read = Column(_("Read"))
    created = Column(_("New"))
    updated = Column(_("Changed"))
    unchanged = Column(_("Unchanged"))
    deleted = Column(_("Deleted"))
    written = Column(_("Written there"))
    conflicts = Column(_("Conflicts"))
    failed = Column(_("Failed"))
    reason = Column(_("Reason"))
    started_at = Column(_("Began"))
    finished_at = Column(_("Ended"))
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.SyncRun


register_dataset(
    Dataset(
        name="sync_runs",
        title=_("Synchronisation runs"),
        resource=SyncRunResource,
        filters=(
            RangeFilter("created_at", _("When")),
            ChoiceFilter("state", _("State")),
            BooleanFilter("is_full", _("Everything")),
            BooleanFilter("is_dry", _("Dry run")),
        ),
        order=("-id",),
        scope="syncs:read",
    )
)


class ExchangeResource(DatasetResource):
    started_at = Column(_("When"))
    integration = Column(_("Integration"), attribute="integration__name")
    way = Column(_("Direction"))
    operation = Column(_("Operation"))
    method = Column(_("Method"))
    url = Column(_("Address"))
    status = Column(_("Status"))
    error = Column(_("Error"))
    error_text = Column(_("What went wrong"))
    duration_ms = Column(_("Milliseconds"))
    attempt = Column(_("Attempt"), is_default=False)
    correlation_id = Column(_("Correlation"), kind=Kind.TEXT, is_default=False)
    id = Column(_("Id"), kind=Kind.TEXT, is_default=False)

    class Meta:
        model = models.Exchange


register_dataset(
    Dataset(
        name="exchanges",
        title=_("Exchanges"),
        resource=ExchangeResource,
        filters=(RangeFilter("started_at", _("When")), TextFilter("error", _("Error"))),
        order=("-id",),
        roles=ADMINISTRATORS,
        scope="exchanges:read",
    )
)
