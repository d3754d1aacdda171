"""The admin site. It stands outside the admin package, whose pages register with it while they are imported."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
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

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's pages answer any method as if it were GET; ours are looked at and posted to, and nothing else."""
        return super().admin_view(require_http_methods(["GET", "HEAD", "POST"])(view), cacheable)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Made once for a page, which asks twice, for its context and for its sidebar.

        In Django's order, but each name is translated once, not at each comparison: that was most of the time.
        """
        if app_label is not None:
            return super().get_app_list(request, app_label)
        found: list[dict[str, Any]] | None = getattr(request, "switchboard_apps", None)
        if found is None:
            found = sorted(self._build_app_dict(request).values(), key=lambda app: str(app["name"]).lower())
            for app in found:
                app["models"].sort(key=lambda model: str(model["name"]))
            request.switchboard_apps = found  # type: ignore[attr-defined]  # this method's own
        return found

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
