"""Asks for an export: checks what is wanted, writes the job, queues it in the same transaction."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from exports.audience import hidden_from
from exports.formats.packing import extension
from exports.incremental import since_last
from exports.lanes import LANE
from exports.models import Export
from exports.request import CheckedRequest, ExportRequest, InvalidRequest
from tenants import audit
from tenants.correlation import current_correlation
from tenants.models import ApiKey, Member, Tenant
from tenants.work import enqueue


def request_export(
    tenant: Tenant,
    asked: ExportRequest,
    *,
    member: Member | None = None,
    api_key: ApiKey | None = None,
    language: str | None = None,
) -> Export:
    """A waiting export; InvalidRequest names the field that is wrong. Labels are in `language`, else the caller's."""
    checked = since_last(asked.check(tenant.zone), tenant)
    if checked.dataset.name in hidden_from(member, api_key):
        raise InvalidRequest("dataset", _("Your role or key does not reach this data."))
    language = language or get_language() or tenant.language
    with transaction.atomic():
        export = Export.objects.create(
            tenant=tenant,
            dataset=checked.dataset.name,
            format=checked.format.name,
            options=dict(checked.options),
            filters=dict(checked.filters),
            columns=list(checked.columns),
            language=language,
            file_name=_file_name(tenant, checked, language),
            member=member,
            api_key=api_key,
            requested_by=audit.current_actor().name[:200],
            correlation_id=current_correlation(),
        )
        audit.record("export.requested", export, after=export.asked())
        enqueue(LANE, [(export.pk, tenant.pk, str(tenant.pk), None)])
    return export


def rerun_export(export: Export, *, member: Member | None = None, api_key: ApiKey | None = None) -> Export:
    """The same question again, as a new export."""
    asked = ExportRequest(export.dataset, export.format, export.columns, export.filters, export.options)
    return request_export(export.tenant, asked, member=member, api_key=api_key, language=export.language)


def _file_name(tenant: Tenant, checked: CheckedRequest, language: str) -> str:
    with override(language):
        title = str(checked.dataset.title)
    moment = timezone.localtime(timezone.now(), tenant.zone)
    return f"{title} {moment:%Y-%m-%d %H-%M}.{extension(checked.format, checked.options)}".replace("/", "-")
