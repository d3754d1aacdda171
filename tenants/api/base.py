"""Base view sets: scoped, audited, repeatable. Upper rooms subclass these and register with `router`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import ExitStack
from typing import Any, ClassVar

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, mixins, status, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from tenants import audit
from tenants.access import ADMINISTRATORS, EVERY_ROLE
from tenants.api.authentication import tenant_of
from tenants.api.conflicts import told_conflicts
from tenants.api.pagination import PARAMETERS
from tenants.api.strict import refuse_strange_fields, refuse_strange_parameters
from tenants.models import StoredAnswer, Tenant
from tenants.scopes import READ, WRITE, register_resource
from tenants.scoping import tenant_scope

KEY_LENGTH = 200
KEPT_HEADERS = ("Content-Type", "Location")


class Router(DefaultRouter):
    """All apps register here; `/api/v1/` lists what there is."""

    include_format_suffixes = False
    include_root_view = False


router = Router(trailing_slash=False)


class TenantAPIView(APIView):
    """Runs in the caller's tenant. `resource` names the scopes `<resource>:read` and `<resource>:write`."""

    resource: ClassVar[str]
    resource_title: ClassVar[str | Promise] = ""  # what people call it; by default the model's own name
    # People by their role; machines go by scopes. docs/access.md shows both of these.
    read_roles: ClassVar[Collection[str]] = EVERY_ROLE
    write_roles: ClassVar[Collection[str]] = ADMINISTRATORS
    sees_own: ClassVar[Collection[str]] = ()  # roles that see their own rows only

    @classmethod
    def roles_for(cls, method: str | None) -> frozenset[str]:
        return frozenset(cls.read_roles if method in SAFE_METHODS else cls.write_roles)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "resource" in vars(cls):
            model = getattr(cls, "model", None)
            title = cls.resource_title or (model._meta.verbose_name_plural if model else "")
            register_resource(cls.resource, actions_of(cls), title)

    @property
    def tenant(self) -> Tenant:
        tenant = tenant_of(self.request)
        if tenant is None:
            raise exceptions.PermissionDenied(_("Choose a company first."))
        return tenant

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The scope spans the whole view; `initial` enters it as soon as the caller is known.
        with ExitStack() as self._scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._scope.enter_context(tenant_scope(self.tenant))
        self._scope.enter_context(timezone.override(self.tenant.zone))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        for name, value in getattr(getattr(request, "_request", request), "rate_limit", {}).items():
            response.headers[name] = value
        return super().finalize_response(request, response, *args, **kwargs)


def actions_of(view: type[APIView]) -> set[str]:
    """Whether it reads, changes, or both."""
    methods = {name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)}
    verbs = {"list": "GET", "retrieve": "GET", "create": "POST", "update": "PUT", "destroy": "DELETE"}
    methods |= {method for name, method in verbs.items() if hasattr(view, name)}
    for one in vars(view).values():
        mapping = getattr(one, "mapping", None)
        if isinstance(mapping, dict):  # of an action's methods; a model may have a column of that name
            methods |= {name.upper() for name in mapping}
    return {READ if method in SAFE_METHODS else WRITE for method in methods}


class RepeatablePost(TenantAPIView):
    """A POST with `Idempotency-Key` takes effect once: a repeat gets the first answer, another body or caller gets 422.

    The claim of the key, the effect and the answer are one transaction: a crash leaves none of them, and a repeat that
    arrives meanwhile waits at the unique key until the first is through.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._stored: StoredAnswer | None = None
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key:
            self._stored = self._claim(request, key)

    def _claim(self, request: Request, key: str) -> StoredAnswer:
        if len(key) > KEY_LENGTH:
            raise exceptions.ValidationError({"Idempotency-Key": [_("At most 200 characters.")]})
        options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        body = orjson.dumps(request.data, default=_digest_of_file, option=options)
        # The caller belongs to the request: somebody else who guesses the key must not be told what this one was told.
        asked = f"{request.user.pk}\n{request.get_full_path()}\n".encode()
        # With the installation's key: a body may hold a secret, which a bare hash would let somebody guess at leisure.
        digest = salted_hmac("tenants.StoredAnswer", asked + body, algorithm="sha256").hexdigest()
        self._scope.enter_context(transaction.atomic())
        try:
            with transaction.atomic():
                return StoredAnswer.objects.create(tenant=self.tenant, key=key, request_digest=digest)
        except IntegrityError as error:
            first = StoredAnswer.objects.get(key=key)
            if first.request_digest != digest:
                mismatch = exceptions.APIException(
                    _("This Idempotency-Key was used with another request."), "key_reused"
                )
                mismatch.status_code = 422
                raise mismatch from error
            raise _Answered(first) from error

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # a repeat is no DRF Response
        if isinstance(exc, _Answered):
            return _replayed(exc.first)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        stored = getattr(self, "_stored", None)
        if stored is not None:
            self._stored = None
            _keep(stored, final)
        return final


def _digest_of_file(value: Any) -> str:
    """An uploaded file belongs to the request with its contents."""
    if not isinstance(value, UploadedFile):
        raise TypeError(type(value).__name__)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def _keep(stored: StoredAnswer, response: Any) -> None:
    """Successful answers are kept; a refused request leaves no trace, may be corrected and sent again under its key."""
    if response.status_code >= status.HTTP_400_BAD_REQUEST:
        transaction.set_rollback(True)
        return
    response.render()
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    stored.status, stored.body = (
        response.status_code,
        {"content": response.content.decode(), "headers": headers},
    )
    stored.save(update_fields=["status", "body"])


def _replayed(first: StoredAnswer) -> HttpResponse:
    headers = {**first.body["headers"], "Idempotency-Replayed": "true"}
    return HttpResponse(first.body["content"], status=first.status, headers=headers)


class _Answered(Exception):
    def __init__(self, first: StoredAnswer) -> None:
        self.first = first


class _Scoped(RepeatablePost, viewsets.GenericViewSet[Any]):
    """The queryset is built anew for each request, inside the tenant's scope."""

    model: ClassVar[type[Model]]
    filters: ClassVar[Collection[str]] = ()  # parameters of the list, besides those of its pages

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action == "list":
            refuse_strange_parameters(request.query_params, {*self.filters, *PARAMETERS})

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._base_manager.none()
        return self.scoped_queryset()

    def get_serializer(self, *args: Any, **options: Any) -> BaseSerializer[Any]:
        """Every body that comes this way is strict about its fields."""
        serializer: BaseSerializer[Any] = super().get_serializer(*args, **options)
        if "data" in options and not getattr(self, "swagger_fake_view", False):
            refuse_strange_fields(serializer, options["data"])
        return serializer

    def scoped_queryset(self) -> QuerySet[Any]:
        """Override to join, filter and order; already limited to the tenant."""
        return self.model._default_manager.all()


class ReadOnlyTenantViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, _Scoped):
    """List and retrieve."""


class TenantViewSet(
    mixins.CreateModelMixin, mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadOnlyTenantViewSet
):
    """List, retrieve, create, change and delete, each change audited in its transaction."""

    http_method_names = ("get", "post", "patch", "put", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        with told_conflicts(self.model, serializer, self.tenant):
            created = serializer.save(tenant=self.tenant)
            audit.record(f"{created._meta.model_name}.created", created, after=audit.snapshot(created))

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        before = audit.snapshot(serializer.instance)  # type: ignore[arg-type]  # an update has one
        with told_conflicts(self.model, serializer, self.tenant):
            saved = serializer.save()
            old, new = audit.changed(before, audit.snapshot(saved))
            if new:
                audit.record(f"{saved._meta.model_name}.updated", saved, before=old, after=new)

    @transaction.atomic
    def perform_destroy(self, instance: Model) -> None:
        audit.record(f"{instance._meta.model_name}.deleted", instance, before=audit.snapshot(instance))
        instance.delete()
