"""The pages on which records are deleted and restored: what that means is said first, of one and of the chosen rows."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from integrations.actions.delete_record import delete_record, restore_record
from integrations.actions.delete_records import MOST, Outcome, delete_records, restore_records
from integrations.actions.edit_record import NotChangeable
from integrations.admin.consequences import of_deleting_records, of_restoring_records
from integrations.models.records import StoredRecord
from integrations.store.deleting import kept_back
from tenants.admin.audited import AdminPart
from tenants.scoping import current_tenant_id
from webhooks.admin.confirming import ask, ask_about_chosen


class Deleting(AdminPart):
    """Mixed into the pages of records. Who may delete may restore."""

    buttons: ClassVar[Mapping[str, str]] = {"restore": "delete"}
    # The first has the name of Django's own, whose place it takes.
    actions = ("delete_selected", "restore_chosen")

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        view = self.admin_site.admin_view(self.restore_view)
        return [path("<uuid:pk>/restore/", view, name=name), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Once is enough."""
        return (obj is None or obj.deleted_at is None) and bool(super().has_delete_permission(request, obj))

    def restore_url(self, request: HttpRequest, row: StoredRecord) -> str:
        """Empty where there is nothing to restore."""
        is_offered = row.deleted_at is not None and getattr(row, "merged_into", None) is None
        return self._address("restore", row) if is_offered and self.has_delete_permission(request) else ""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self._row(request, object_id)
        here = HttpResponseRedirect(self._address("change", row))
        kept = kept_back(row.kind, [row])
        if row.deleted_at is not None or kept:
            messages.warning(request, kept.get(row.pk) or gettext("It is deleted already."))
            return here
        if request.method == "POST":
            try:
                delete_record(row.tenant_id, row.kind, row.pk)
            except NotChangeable as error:
                messages.error(request, str(error))
                return here
            messages.success(request, gettext("“%(name)s” is deleted here.") % {"name": row})
            return HttpResponseRedirect(self._address("changelist"))
        return ask(
            self,
            request,
            title=gettext("Delete “%(name)s”") % {"name": row},
            text=" ".join(of_deleting_records(row.kind, [row])),
            button=_("Delete"),
            back=here.url,
        )

    def restore_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = self._row(request, str(pk))
        here = HttpResponseRedirect(self._address("change", row))
        if not self.restore_url(request, row):
            messages.warning(request, gettext("There is nothing to restore."))
            return here
        if request.method == "POST":
            try:
                restore_record(row.tenant_id, row.kind, row.pk)
            except NotChangeable as error:
                messages.error(request, str(error))
            else:
                messages.success(request, gettext("“%(name)s” is there again.") % {"name": row})
            return here
        return ask(
            self,
            request,
            title=gettext("Restore “%(name)s”") % {"name": row},
            text=" ".join(of_restoring_records(row.tenant_id, row.kind, 1)),
            button=_("Restore"),
            back=here.url,
        )

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        tenant_id, rows = current_tenant_id(), self._chosen(request, chosen.filter(deleted_at=None))
        if tenant_id is None or rows is None:
            return None
        kind = self.model.kind
        if "confirmed" in request.POST:
            self._tell(request, _("Deleted: %(count)d."), delete_records(tenant_id, kind, _ids(rows)))
            return None
        kept = kept_back(kind, rows)
        going = [row for row in rows if row.pk not in kept]
        if not going:
            self._tell_kept(request, kept)
            return None
        text = " ".join([*of_deleting_records(kind, going), *_of_kept(list(kept.values()))])
        return ask_about_chosen(self, request, title=_("Delete"), text=text, action="delete_selected")

    @admin.action(description=_("Restore"), permissions=["delete"])
    def restore_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        tenant_id, rows = current_tenant_id(), self._chosen(request, chosen.filter(deleted_at__isnull=False))
        if tenant_id is None or rows is None:
            return None
        kind = self.model.kind
        if "confirmed" in request.POST:
            self._tell(request, _("Restored: %(count)d."), restore_records(tenant_id, kind, _ids(rows)))
            return None
        kept = kept_back(kind, rows)
        if len(kept) == len(rows):
            self._tell_kept(request, kept)
            return None
        said = of_restoring_records(tenant_id, kind, len(rows) - len(kept))
        text = " ".join([*said, *_of_kept(list(kept.values()))])
        return ask_about_chosen(self, request, title=_("Restore"), text=text, action="restore_chosen")

    def _chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> list[StoredRecord] | None:
        """None after it was said why not."""
        if current_tenant_id() is None:
            messages.error(request, gettext("Choose a company first."))
            return None
        # The list's own order and joins are of no use to an action on many rows.
        rows = list(
            self.model.objects.filter(pk__in=chosen.order_by().values("pk")).order_by("pk")[: MOST + 1]
        )
        if len(rows) > MOST:
            text = gettext("More than %(most)d at a time are too many: narrow the list by its filters.")
            messages.error(request, text % {"most": MOST})
            return None
        if not rows:
            messages.warning(request, gettext("None of the chosen rows is one to do that to."))
            return None
        return rows

    def _tell(self, request: HttpRequest, text: Any, outcome: Outcome) -> None:
        messages.success(request, text % {"count": outcome.done})
        self._tell_kept(request, outcome.kept)

    def _tell_kept(self, request: HttpRequest, kept: Mapping[uuid.UUID, str]) -> None:
        for said in _of_kept(list(kept.values())):
            messages.warning(request, said)

    def _row(self, request: HttpRequest, pk: str) -> StoredRecord:
        row: StoredRecord | None = self.get_object(request, pk)
        if row is None or not self.has_delete_permission(request):
            raise Http404
        return row

    def _address(self, name: str, row: StoredRecord | None = None) -> str:
        whole = f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}"
        return reverse(whole, args=[row.pk] if row else [])


def _ids(rows: Sequence[StoredRecord]) -> list[uuid.UUID]:
    return [row.pk for row in rows]


def _of_kept(reasons: Sequence[str]) -> list[str]:
    """How many stay as they are, and why the first of them does."""
    if not reasons:
        return []
    count = ngettext("%(count)d stays as it is.", "%(count)d stay as they are.", len(reasons))
    return [count % {"count": len(reasons)}, reasons[0]]
