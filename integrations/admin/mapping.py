"""The page on which a field mapping is edited, tried and brought back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from integrations.actions.save_mapping import check_mapping, restore_mapping, save_mapping
from integrations.actions.try_mapping import dry_run, preview, their_fields
from integrations.admin.mapping_rows import Row, empty_row, rows_of, shown_rows
from integrations.mapping.difference import difference
from integrations.mapping.ours import our_fields
from integrations.mapping.rules import Way
from integrations.mapping.transforms import TRANSFORMS
from integrations.mapping.versions import in_force, mappable_kinds, version, versions
from integrations.models import Integration
from integrations.records import RecordKind
from tenants.admin.audited import AdminPart
from tenants.errors import HubError

Page = dict[str, Any]
URL = "admin:integrations_integration_mapping"


class MappingPage(AdminPart):
    """Mixed into the admin of integrations: one page for each integration and kind."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:pk>/mapping/<slug:kind>/",
            self.admin_site.admin_view(self.mapping_view),
            name="integrations_integration_mapping",
        )
        return [own, *super().get_urls()]

    def mapping_view(self, request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        admin: Any = self
        row: Integration | None = admin.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not admin.has_change_permission(request, row):
            raise PermissionDenied
        if kind not in {one.value for one in mappable_kinds(row)}:
            raise Http404
        page: Page = {}
        if request.method == "POST":
            answer = _work(request, row, kind, page)
            if answer is not None:
                return answer
        return self._shown(request, row, kind, page)

    def _shown(self, request: HttpRequest, row: Integration, kind: str, page: Page) -> HttpResponse:
        stored = in_force(row).get(kind)
        rows = page.setdefault("rows", list(stored.rules) if stored else [empty_row()])
        own = RecordKind(kind)
        theirs, complaint = _schema(row, own)
        context = {
            **self.admin_site.each_context(request),
            **page,
            "title": _("Field mapping: %(kind)s") % {"kind": own.label},
            "opts": self.opts,
            "original": row,
            "kind": own,
            "kinds": list(mappable_kinds(row)),
            "stored": stored,
            "shown": shown_rows(rows, page.get("errors", {})),
            "theirs": theirs,
            "complaint": complaint,
            "ours": list(our_fields(own).values()),
            "ways": list(Way),
            "transforms": list(TRANSFORMS.values()),
            "versions": versions(row, kind),
            "compared": _compared(request, row, kind),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/integrations/mapping.html", context)


def _work(request: HttpRequest, row: Integration, kind: str, page: Page) -> HttpResponse | None:
    """What the pressed button does; an answer of its own only after something was saved."""
    deed, _colon, argument = request.POST.get("do", "show").partition(":")
    page["rows"] = rows_of(request.POST)
    page["outside_id"] = request.POST.get("outside_id", "").strip()[:200]
    try:
        return _DEEDS.get(deed, _show)(request, row, kind, page, argument)
    except ValidationError as error:
        page["errors"] = error.message_dict
        whole = [text for name in ("rules", "note") for text in page["errors"].get(name, [])]
        page["notices"] = whole or [_("Correct what is marked first; nothing was saved.")]
    except HubError as error:
        page["notices"] = [str(error)]
    return None


def _show(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    """Only the rows again, with the parameters of the transforms that were chosen."""


def _add(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    page["rows"].append(empty_row())
    page["focused"] = len(page["rows"]) - 1


def _at(rows: list[Row], argument: str) -> int:
    """The row that a button means; it may be gone, when the form is older than the page."""
    place = int(argument) if argument.isdecimal() and len(argument) < 5 else len(rows)
    if place >= len(rows):
        raise ValidationError({"rules": _("There is no such row.")})
    return place


def _remove(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    del page["rows"][_at(page["rows"], argument)]


def _up(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    _move(page, _at(page["rows"], argument), -1)


def _down(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    _move(page, _at(page["rows"], argument), 1)


def _move(page: Page, place: int, by: int) -> None:
    rows: list[Row] = page["rows"]
    other = min(max(place + by, 0), len(rows) - 1)
    rows[place], rows[other] = rows[other], rows[place]
    page["focused"] = other


def _preview(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    rules = check_mapping(row, kind, page["rows"])
    page["preview"] = preview(row, RecordKind(kind), rules, page["outside_id"])


def _dry(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> None:
    page["dry"] = dry_run(row, RecordKind(kind), check_mapping(row, kind, page["rows"]))


def _save(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> HttpResponse:
    saved = save_mapping(row, kind, page["rows"], request.POST.get("note", ""))
    messages.success(request, _("Version %(number)d is in force.") % {"number": saved.number})
    return _back(row, kind)


def _restore(request: HttpRequest, row: Integration, kind: str, page: Page, argument: str) -> HttpResponse:
    found = version(row, kind, int(argument)) if argument.isdecimal() and len(argument) < 9 else None
    if found is None:
        raise Http404
    saved = restore_mapping(found)
    messages.success(request, _("Version %(number)d is in force.") % {"number": saved.number})
    return _back(row, kind)


def _back(row: Integration, kind: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(URL, args=[row.pk, kind]))


_DEEDS: dict[str, Callable[[HttpRequest, Integration, str, Page, str], HttpResponse | None]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "preview": _preview,
    "dry": _dry,
    "save": _save,
    "restore": _restore,
}


def mappings_shown(row: Integration) -> list[dict[str, Any]]:
    """The kinds of an integration with how many rules each has; no query for systems without records."""
    kinds = mappable_kinds(row)
    stored = in_force(row) if kinds else {}
    return [{"kind": kind, "rules": len(stored[kind].rules) if kind in stored else 0} for kind in kinds]


def _schema(row: Integration, kind: RecordKind) -> tuple[Any, str]:
    """Their fields, or why they could not be read: names can be typed all the same."""
    try:
        return their_fields(row, kind), ""
    except HubError as error:
        return (), str(error)


def _compared(request: HttpRequest, row: Integration, kind: str) -> dict[str, Any] | None:
    numbers = [request.GET.get(name, "") for name in ("from", "to")]
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):
        return None
    before, after = (version(row, kind, int(number)) for number in numbers)
    if before is None or after is None:
        return None
    return {"before": before, "after": after, "found": difference(before.rules, after.rules)}
