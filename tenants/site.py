"""The admin site. It stands outside the admin package, whose pages register with it while they are imported."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from tenants.access import is_operator, member_of


class Completions(AutocompleteJsonView):
    """Completes what a form's own field refers to; Django's view fails when a reverse relation is named."""

    def process_request(self, request: HttpRequest) -> Any:
        found = super().process_request(request)
        if not found[2].concrete:
            raise PermissionDenied
        return found


class SwitchboardSite(UnfoldAdminSite):
    """Open to operators and to everyone with a live membership."""

    site_title = "Switchboard"
    site_header = "Switchboard"
    index_title = _("Today")
    enable_nav_sidebar = True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """unfold would write its palette as a <style> into every page; ours is static/switchboard/colours.css."""
        return {**super().each_context(request), "colors": None}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from tenants.signin.views import sign_in_page  # needs loaded models, as do the others

        return sign_in_page(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        from tenants.signin.views import own_password_page

        return own_password_page(request, extra_context)

    def has_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or (request.user.is_active and member_of(request) is not None)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view: Any = Completions.as_view(admin_site=self)
        response: HttpResponse = view(request)
        return response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from tenants.admin.dashboard import cards

        return super().index(request, {"cards": cards(request), **(extra_context or {})})
