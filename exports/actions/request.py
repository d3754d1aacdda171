"""Asks for an export: checks what is wanted, writes the job, queues it in the same transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, override

from exports.audience import refuse_hidden
from exports.formats import PASSWORD
from exports.formats.packing import extension
from exports.incremental import since_last
from exports.lanes import LANE
from exports.limits import check_asked
from exports.models import Export
from exports.request import CheckedRequest, ExportRequest
from exports.schedules.recipients import clean_recipients
from exports.shipments import destinations_of, plan_shipments, wanted_destinations
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
    destinations: Sequence[UUID | str] = (),
    recipients: Sequence[str] = (),
) -> Export:
    """A waiting export; InvalidRequest names the field that is wrong, LimitReached the limit that is used up.

    Labels are in `language`, else the caller's. `destinations` are ids of the company's own ones: the file is carried
    there once it is ready. `recipients` are addresses of members, who get a mail with a link then.
    """
    checked = asked.check(tenant.zone)
    refuse_hidden(checked.dataset.name, member, api_key)
    language = language or get_language() or tenant.language
    with transaction.atomic():
        places = wanted_destinations(tenant, destinations)
        checked = since_last(checked, tenant, [row.pk for row in places])
        check_asked(tenant, checked)
        export = Export.objects.create(
            tenant=tenant,
            dataset=checked.dataset.name,
            format=checked.format.name,
            options=dict(checked.options),
            filters=dict(checked.filters),
            columns=list(checked.columns),
            recipients=clean_recipients(list(recipients), checked.dataset) if recipients else [],
            language=language,
            password=checked.password or None,
            file_name=_file_name(tenant, checked, language),
            member=member,
            api_key=api_key,
            requested_by=audit.current_actor().name[:200],
            correlation_id=current_correlation(),
        )
        plan_shipments(export, places)
        told = {**export.asked(), **({"destinations": [row.name for row in places]} if places else {})}
        audit.record("export.requested", export, after=told)
        enqueue(LANE, [(export.pk, tenant.pk, str(tenant.pk), None)])
    return export


def rerun_export(export: Export, *, member: Member | None = None, api_key: ApiKey | None = None) -> Export:
    """The same question again, as a new export with the same password, if there was one, to the same destinations.

    Of an incremental one the same rows, whose beginning is among its filters: nothing else has to be new since.
    """
    options = {name: value for name, value in export.options.items() if name != "incremental"}
    if export.is_encrypted:
        options[PASSWORD.name] = export.password
    asked = ExportRequest(export.dataset, export.format, export.columns, export.filters, options)
    return request_export(
        export.tenant,
        asked,
        member=member,
        api_key=api_key,
        language=export.language,
        destinations=destinations_of(export),
    )


def _file_name(tenant: Tenant, checked: CheckedRequest, language: str) -> str:
    with override(language):
        title = str(checked.dataset.title)
    moment = timezone.localtime(timezone.now(), tenant.zone)
    ending = extension(checked.format, checked.options, is_encrypted=bool(checked.password))
    return f"{title} {moment:%Y-%m-%d %H-%M}.{ending}".replace("/", "-")
