"""What the buttons of an integration's page do. Each is a POST that ends on the page again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.actions.compare_directory import (
    compare_directory,
    open_differences,
    push_ours,
    record_comparison,
    take_theirs,
)
from integrations.actions.load_users import load_users
from integrations.actions.register_module import deactivate_module, register_module
from integrations.actions.renew_client_id import renew_client_id
from integrations.actions.save_extensions import save_extensions
from integrations.actions.save_integration import update_integration
from integrations.actions.subscribe_hooks import subscribe_hooks, unsubscribe_hooks
from integrations.actions.test_connection import diagnose
from integrations.actions.write_journals import write_journals
from integrations.admin.account import connect, disconnect
from integrations.admin.diagnoses import keep_diagnosis
from integrations.capabilities import DirectoryReceipt
from integrations.models import Integration
from tenants.admin.audited import AdminPart
from tenants.errors import HubError

Deed = Callable[[HttpRequest, Integration], HttpResponse | None]


class Desk(AdminPart):
    """Mixed into the admin of integrations."""

    def get_urls(self) -> list[URLPattern]:
        deeds: dict[str, Deed] = {
            "test": test,
            "connect": connect,
            "disconnect": disconnect,
            "users": load,
            "extensions": extensions,
            "compare": compare,
            "push": push,
            "take": take,
            "client": client,
            "register": register,
            "deactivate": deactivate,
            "subscribe": subscribe,
            "unsubscribe": unsubscribe,
            "resume": resume,
        }
        own = [
            path(f"<uuid:pk>/{name}/", self._view(deed), name=f"integrations_integration_{name}")
            for name, deed in deeds.items()
        ]
        return [*own, *super().get_urls()]

    def _view(self, deed: Deed) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: UUID) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            page: Any = self
            row = page.get_object(request, str(pk))
            if row is None:
                raise Http404
            if not page.has_change_permission(request, row):
                raise PermissionDenied
            try:
                answer = deed(request, row)
            except HubError as error:
                messages.error(request, str(error))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                if answer is not None:
                    return answer
            return HttpResponseRedirect(reverse("admin:integrations_integration_change", args=[pk]))

        wrapped: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
        return wrapped


def test(request: HttpRequest, row: Integration) -> None:
    keep_diagnosis(request, row, diagnose(row))


def load(request: HttpRequest, row: Integration) -> None:
    count = load_users(row)
    text = ngettext("%(count)d user was loaded.", "%(count)d users were loaded.", count)
    messages.success(request, text % {"count": count})


def extensions(request: HttpRequest, row: Integration) -> None:
    """The whole table as sent."""
    count = save_extensions(
        row, dict(zip(request.POST.getlist("user"), request.POST.getlist("extension"), strict=False))
    )
    text = ngettext("%(count)d extension was changed.", "%(count)d extensions were changed.", count)
    messages.success(request, text % {"count": count})


def compare(request: HttpRequest, row: Integration) -> None:
    """Now, though the hour is not over."""
    found = compare_directory(row.pk)
    if found is None:
        return
    write_journals([found.journal])
    record_comparison(found)
    if found.error:
        messages.error(request, found.error)
        return
    count = len(open_differences(row))
    text = ngettext("%(count)d difference was found.", "%(count)d differences were found.", count)
    messages.success(request, text % {"count": count} if count else _("Both tables are the same."))


def push(request: HttpRequest, row: Integration) -> None:
    push_ours(row)
    messages.success(request, _("Our extensions are being sent."))


def take(request: HttpRequest, row: Integration) -> None:
    taken = take_theirs(row)
    text = ngettext(
        "%(count)d extension was taken over.", "%(count)d extensions were taken over.", taken.count
    )
    messages.success(request, text % {"count": taken.count})
    if taken.unknown:
        text = _("These are no extensions of this company, and were left out: %(numbers)s.")
        messages.warning(request, text % {"numbers": ", ".join(taken.unknown)})


def client(request: HttpRequest, row: Integration) -> None:
    renew_client_id(row)
    text = _("A new client id was made and is being sent there. The former one works for another day.")
    messages.success(request, text)


def register(request: HttpRequest, row: Integration) -> None:
    _report(request, register_module(row), _("The telephony module is registered."))


def deactivate(request: HttpRequest, row: Integration) -> None:
    _report(request, deactivate_module(row), _("The telephony module is switched off there."))


def subscribe(request: HttpRequest, row: Integration) -> None:
    subscribe_hooks(row)
    messages.success(
        request, _("The system was asked to send us requests. The first one shows that it works.")
    )


def unsubscribe(request: HttpRequest, row: Integration) -> None:
    unsubscribe_hooks(row)
    messages.success(request, _("The system sends us no more requests."))


def resume(request: HttpRequest, row: Integration) -> None:
    """Tried at once: time has passed."""
    resumed = update_integration(row, is_enabled=True)
    messages.success(request, _("%(name)s goes on.") % {"name": row.name})
    keep_diagnosis(request, resumed, diagnose(resumed))


def _report(request: HttpRequest, receipt: DirectoryReceipt, text: str) -> None:
    messages.success(request, text)
    if receipt.issues:
        unknown = ", ".join(issue.value for issue in receipt.issues)
        messages.warning(request, _("The outside system does not know: %(unknown)s.") % {"unknown": unknown})
