"""Every route that Django answers, and which rows its address names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLPattern, URLResolver
from django.utils.regex_helper import normalize

from tests.strangers.belongings import ROOMS, Belongings

# Answers whoever asks, and shows nothing of any company: a page to sign in at, the description of the API, health.
OPEN = frozenset(
    {
        "home",
        "health",
        "integrations-health",
        "metrics",
        "schema",
        "docs",
        "redoc",
        "set_language",
        "admin:login",
        "admin:logout",
        "switch-tenant",
        # Before anybody is known.
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "admin_password_reset",
        "password-asked",
        "openid-start",
        "openid-callback",
        # A machine says in the request who it is.
        "oauth-token",
        "oauth-revoke",
        "oauth-introspect",
        # A connected system says by its client id who it is (integrations/connectors/retailcrm/tests/test_module.py).
        "retailcrm-activity",
        "retailcrm-status",
        "retailcrm-account",
        "make-call",
    }
)

# Addresses that name no row of a company, with something that is there for everybody.
FIXED: dict[str, dict[str, str]] = {
    "dataset-detail": {"pk": "calls"},
    "connector-detail": {"pk": "retailcrm"},
    "admin:integrations_integration_simulate": {"code": "ozon"},
    # A link for whoever was invited; only its digest is kept (tenants/tests/test_members.py).
    "invitation": {"token": "unknown"},
    # A link to a new password, likewise (tenants/signin/tests/test_forgotten.py).
    "password-link": {"token": "unknown"},
    # Whoever has a link to a recording may listen (telephony/recordings/tests/test_serving.py).
    "recording": {"token": "unknown"},
    # Another system's ticket, likewise (integrations/tests/test_handoff.py).
    "handoff": {"ticket": "unknown"},
    # Opened by an outside system, with a signature (integrations/connectors/amocrm/tests/test_farewell.py).
    "integration-disconnected": {"identifier": "unknown"},
    # An outside developer's link, likewise (webhooks/portal/tests/test_portal.py).
    **{f"portal{page}": {"token": "unknown"} for page in ("", "-recover", "-secret", "-test", "-verify")},
    **{
        f"portal{page}": {"token": "unknown", "delivery_id": "019389a7-6f3e-7000-8000-000000000001"}
        for page in ("-delivery", "-resend")
    },
    "admin:app_list": {"app_label": "telephony"},
    "admin:*": {"url": "nowhere"},
    # A person's own passkeys, whichever company they work in (tenants/signin/tests/test_second_factor.py).
    "mfa_remove_webauthn": {"pk": "1"},
    "mfa_edit_webauthn": {"pk": "1"},
}

# Parts of an address that name no row by themselves, beside one that does.
PARTS = {"kind": "contact", "number": 1}

INSTRUCTIONS = (
    "Which row does {parameter!r} of {route} name? Give the view set a `model`, put an admin's route below its model's, "
    "or name the parameter <model>_id. If it names no row of a company, say in FIXED of routes.py what to ask for."
)


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    template: str
    """With %(parameters)s."""
    callback: Any

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"%\((\w+)\)s", self.template)

    @property
    def view_class(self) -> Any:
        return getattr(self.callback, "cls", None) or getattr(self.callback, "view_class", None)

    @property
    def is_api(self) -> bool:
        return getattr(self.callback, "cls", None) is not None

    @property
    def is_open(self) -> bool:
        return self.name in OPEN

    @property
    def names_rows(self) -> bool:
        return bool(self.parameters) and self.name not in FIXED

    @property
    def shows(self) -> str:
        """`list` or `detail` for the pages and resources that show rows."""
        action = (getattr(self.callback, "actions", None) or {}).get("get", "")
        kind = (
            {"list": "list", "retrieve": "detail"}.get(action, "")
            if hasattr(self.view_class, "model")
            else ""
        )
        if self.admin_model is not None:
            kind = {"changelist": "list", "change": "detail"}.get(self.name.rpartition("_")[2], "")
        return kind

    def address(self, values: dict[str, Any] | None = None) -> str:
        return self.template % (values or FIXED.get(self.name, {}))

    @property
    def admin_model(self) -> type[models.Model] | None:
        """The model of the admin's page that this route belongs to."""
        found = re.match(r"/admin/(\w+)/(\w+)/", self.template)
        if found is None:
            return None
        try:
            return apps.get_model(*found.groups())
        except LookupError:
            return None

    def arguments(self, belongings: Belongings) -> dict[str, Any]:
        """The ids of these belongings that the address wants."""
        return {name: self._argument(name, belongings) for name in self.parameters}

    def _argument(self, parameter: str, belongings: Belongings) -> Any:
        if parameter in PARTS:
            return PARTS[parameter]
        if parameter == "enterprise":
            return belongings.tenant.number
        if self.name == "admin:view_on_site":
            return CONTENT_TYPES[parameter](belongings)
        # A page may have addresses that name rows of another model than its own.
        model = model_named(parameter) if parameter in SHORT_NAMES else None
        model = model or getattr(self.view_class, "model", None) or self.admin_model
        model = model or model_named(parameter.removesuffix("_id"))
        assert model is not None, INSTRUCTIONS.format(parameter=parameter, route=self.template)
        return belongings.of(model).pk


def _content_type(_belongings: Belongings) -> Any:
    from django.contrib.contenttypes.models import ContentType

    return ContentType.objects.get(app_label="webhooks", model="endpoint").pk


def _endpoint(belongings: Belongings) -> Any:
    return belongings.of(apps.get_model("webhooks.Endpoint")).pk


# Parameters that mean a model by a shorter name than its own.
SHORT_NAMES = {
    "owner": "member",
    "template": "exporttemplate",
    "destination": "exportdestination",
    "destinations": "exportdestination",
    "shipment": "exportshipment",
}
CONTENT_TYPES = {"content_type_id": _content_type, "object_id": _endpoint}


def model_named(name: str) -> type[models.Model] | None:
    """The model that a parameter means by such a name as `endpoint`, `endpoint_id` or `outside_user`."""
    plain = SHORT_NAMES.get(name) or name.removesuffix("_id").replace("_", "").lower()
    return next(
        (
            model
            for model in apps.get_models()
            if model._meta.app_label in ROOMS and plain in _numbers(str(model._meta.model_name))
        ),
        None,
    )


def _numbers(name: str) -> tuple[str, ...]:
    """A model's name, and as a parameter calls several of them."""
    return name, f"{name}s", name.removesuffix("y") + "ies"


def every_route() -> list[Route]:
    return list(_walk(get_resolver(), "/", ""))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        template = prefix + _template(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, template, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name or _nameless(template)}", template, entry.callback)


def _nameless(template: str) -> str:
    return "*" if template.endswith("%(url)s") else template


def _template(pattern: Any) -> str:
    if isinstance(pattern, RoutePattern):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", str(pattern))
    possible = normalize(pattern._regex)
    return str(possible[0][0]).removesuffix("/?")
