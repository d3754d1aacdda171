"""One row of every model that belongs to a company, with the company's mark in every text: what no stranger may see.

Rows are made from the fields of their models, so a new model needs nothing here, unless a constraint or a page wants
more than a mark: then `SPECIAL` says what.
"""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Cast
from django.utils import timezone

from exports.engine.place import path_of
from exports.models import Export
from tenants.fields import EncryptedJSONField
from tenants.models import Role, SystemAlert, Tenant, User
from tenants.scoping import all_tenants
from tenants.signin.models import Failures

ROOMS = ("tenants", "webhooks", "exports", "integrations", "telephony")
# Leads to a person only, and is shown to companies whose people they are; or is of the installation, for its operators.
OF_PEOPLE: tuple[type[models.Model], ...] = (Failures, SystemAlert)
INSTRUCTIONS = (
    "{model} could not be made ({error!r}). Say in SPECIAL of {file} which values its constraints want, so that the "
    "tests of isolation cover it."
)


def owned_models() -> list[type[models.Model]]:
    """Those that lead to a company, by their own field or by the rows that they hang on."""
    ours = [model for model in apps.get_models() if model.__module__.partition(".")[0] in ROOMS]
    return [model for model in ours if path_to_tenant(model) is not None]


def path_to_tenant(model: type[models.Model], seen: frozenset[Any] = frozenset()) -> str | None:
    """The look-up from a model to its company, such as `integration__tenant`."""
    links = [field for field in model._meta.fields if field.is_relation and field.related_model not in seen]
    if any(field.related_model is Tenant for field in links):
        return next(field.name for field in links if field.related_model is Tenant)
    for field in links:
        related: Any = field.related_model
        further = path_to_tenant(related, seen | {model})
        if further:
            return f"{field.name}__{further}"
    return None


class Belongings:
    """A company's rows, each made when it is first asked for."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.mark = f"mark{secrets.token_hex(4)}"
        self._rows: dict[type[models.Model], Any] = {Tenant: tenant}
        self._is_complete = False
        self._looks: list[tuple[str, frozenset[str], str, tuple[Any, ...]]] = []

    def make_all(self) -> None:
        """Now, because what a test makes is rolled back with it."""
        for model in [*owned_models(), *OF_PEOPLE]:
            self.of(model)
        self._is_complete = True

    def of(self, model: type[models.Model]) -> Any:
        if model not in self._rows:
            assert not self._is_complete, f"Name {model._meta.label} in OF_PEOPLE of {Path(__file__).name}"
            self._rows[model] = self._make(model)
        return self._rows[model]

    @property
    def ids(self) -> list[str]:
        """The ids that are told from others by their looks."""
        return [str(row.pk) for row in self._rows.values() if isinstance(row.pk, uuid.UUID)]

    def snapshot(self, tables: Collection[str] | None = None) -> dict[str, Any]:
        """Every row of the company, or those in these tables, and every file, to be compared later."""
        found: dict[str, Any] = {"file": file_of(self.of(Export)).read_bytes()}
        with connection.cursor() as cursor:
            for label, used, sql, values in self._looked_at():
                if tables is None or not used.isdisjoint(tables):
                    cursor.execute(sql, values)
                    found[label] = cursor.fetchall()
        return found

    def _looked_at(self) -> list[tuple[str, frozenset[str], str, tuple[Any, ...]]]:
        """Queries are built once: they are asked after each of many hundred tests."""
        if not self._looks:
            rows = {
                model._meta.label: model._base_manager.filter(**{str(path_to_tenant(model)): self.tenant})
                for model in owned_models()
            }
            rows["company"] = Tenant._base_manager.filter(pk=self.tenant.pk)
            rows["people"] = User._base_manager.filter(pk=self.of(User).pk)
            for label, queryset in rows.items():
                self._looks.append((label, *_compiled(queryset.order_by("pk").values())))
        return self._looks

    def _make(self, model: type[models.Model]) -> Any:
        special = SPECIAL.get(model._meta.label, lambda _belongings: {})(self)
        values = {
            field.name: self._value(field)
            for field in model._meta.concrete_fields
            if not self._is_left_out(field) and field.name not in special
        }
        row: Any = model(**(values | dict(special)))
        try:
            with all_tenants():
                row.save(force_insert=True)
        except Exception as error:
            raise AssertionError(
                INSTRUCTIONS.format(model=model._meta.label, error=error, file=Path(__file__).name)
            ) from error
        AFTERWARDS.get(model._meta.label, lambda _row, _belongings: None)(row, self)
        return row

    @staticmethod
    def _is_left_out(field: Any) -> bool:
        is_self = field.is_relation and field.related_model is field.model
        makes_itself = field.primary_key and not field.is_relation and not isinstance(field, models.CharField)
        return is_self or makes_itself

    def _value(self, field: Any) -> Any:
        if field.is_relation:
            return self.of(field.related_model)
        if field.choices:
            return field.get_default() or field.choices[0][0]
        for kind, make in BY_KIND.items():
            if isinstance(field, kind):
                return make(self, field)
        return field.get_default()


def _text(belongings: Belongings, field: Any) -> str | None:
    if field.null:
        return None  # unique and seldom there, such as a former key's digest
    limit = field.max_length or 1_000
    return belongings.mark if limit >= len(belongings.mark) else str(field.get_default() or "")


def _json(belongings: Belongings, field: Any) -> Any:
    return [belongings.mark] if field.get_default() == [] else {"note": belongings.mark}


BY_KIND: Mapping[type[models.Field[Any, Any]], Callable[[Belongings, Any], Any]] = {
    EncryptedJSONField: _json,
    models.CharField: _text,
    models.TextField: _text,
    models.JSONField: _json,
    models.BinaryField: lambda belongings, _field: belongings.mark.encode(),
    models.UUIDField: lambda _belongings, field: None if field.null else uuid.uuid4(),
    models.DateTimeField: lambda _belongings, field: None if field.null else timezone.now(),
    models.DateField: lambda _belongings, field: None if field.null else timezone.now().date(),
    models.BooleanField: lambda _belongings, field: field.get_default(),
    models.FloatField: lambda _belongings, field: None if field.null else 1.0,
    models.IntegerField: lambda _belongings, field: None if field.null else 1,
}

SPECIAL: Mapping[str, Callable[[Belongings], dict[str, Any]]] = {
    "integrations.AlertChoice": lambda _belongings: {"wants_mail": True},
    "tenants.User": lambda own: {"username": own.mark, "language": "en"},
    "tenants.Member": lambda own: {"role": Role.VIEWER},
    "tenants.Mobile": lambda own: {"number": f"+{own.mark}"[:16]},
    "tenants.ApiKey": lambda own: {"scopes": ["calls:read"], "allowed_networks": []},
    "tenants.OAuthApplication": lambda own: {
        "scopes": ["calls:read"],
        "allowed_networks": [],
        "redirect_uris": "",
        "post_logout_redirect_uris": "",
        "allowed_origins": "",
        "client_type": "confidential",
        "authorization_grant_type": "client-credentials",
        "algorithm": "",
    },
    "tenants.Event": lambda own: {"type": "endpoint.disabled", "data": {"name": own.mark}},
    "tenants.StoredAnswer": lambda own: {"body": {"content": own.mark, "headers": {}}, "status": 201},
    "webhooks.Endpoint": lambda own: {
        "url": f"https://{own.mark}.example.com/",
        "events": ["*"],
        "headers": {"X-Note": own.mark},
        "filter": {"data.note": own.mark},
        "format": "standard",
        "options": {},
        "template": "",
        "signing": {},
        "retries": "",
        "auth": {"kind": "bearer", "token": own.mark},
        "tls": {},
        "proxy": f"http://{own.mark}@proxy.example.com:3128",
        "ordering_mode": "none",
        "ordering_key": "",
    },
    "webhooks.MassAction": lambda own: {"wanted": {"event_type": own.mark}, "state": "failed"},
    "webhooks.EndpointFlow": lambda own: {"shares": {}},
    "signin.SignInRules": lambda own: {"networks": []},
    # Their keys are in the address that was asked for, so they must not be the mark.
    "signin.Failures": lambda own: {"key": hashlib.sha256(own.mark.encode()).hexdigest()},
    "signin.Session": lambda own: {
        "session_key": hashlib.sha256(own.mark.encode()).hexdigest(),
        "expire_date": timezone.now() + timedelta(hours=1),
        "address": "192.0.2.1",
    },
    "webhooks.OwnEventType": lambda own: {
        "name": f"shop.{own.mark}",
        "schema": {"type": "object"},
        "example": {"note": own.mark},
    },
    "webhooks.Source": lambda own: {"owner": "", "preset": "shopify", "relay": "", "former_secrets": None},
    "webhooks.Capture": lambda own: {"source": None},
    "webhooks.Inbound": lambda _belongings: {"outcomes": None},
    "webhooks.Delivery": lambda own: {"state": "failed", "reason": "", "variant": "standard"},
    "exports.Export": lambda own: {
        "dataset": "calls",
        "format": "csv",
        "options": {},
        "filters": {},
        "columns": ["id"],
        "language": "en",
        "state": "done",
        "finished_at": timezone.now(),
        "expires_at": timezone.now() + timedelta(hours=1),
        "size": len(own.mark),
        "file_name": f"{own.mark}.csv",
    },
    "exports.Import": lambda own: {
        "dataset": "contacts",
        "mode": "upsert",
        "format": "csv",
        "mapping": {},
        "columns": [["Name", "name"]],
        "unknown": [own.mark],
        "language": "en",
        "state": "ready",
        "delimiter": ";",
        "new": 1,
        "rows_read": 1,
        "actor_kind": "person",
        "file_name": f"{own.mark}.csv",
    },
    "exports.ImportRow": lambda own: {
        "action": "new",
        "outcome": "",
        "number": 2,
        "content": {"title": own.mark, "values": {"name": own.mark}, "before": {}},
    },
    "exports.ExportTemplate": lambda own: {
        "dataset": "calls",
        "format": "csv",
        "options": {},
        "filters": {},
        "columns": ["id", {"name": "note", "title": own.mark, "expression": "1"}],
        "language": "",
    },
    "exports.ExportSchedule": lambda _own: {"request": {}, "cron": "", "recipients": []},
    "exports.ExportDestination": lambda own: {
        "kind": "webdav",
        # Refused before anything is sent.
        "settings": {
            "url": f"https://127.0.0.1:9/{own.mark}/",
            "login": "bearer",
            "username": "",
            "existing": "replace",
        },
        "credentials": {"token": own.mark},
        "file_name": own.mark,
    },
    "exports.ExportShipment": lambda own: {"state": "failed", "file_name": f"{own.mark}.csv"},
    "integrations.Integration": lambda own: {
        "connector": "retailcrm",
        "settings": {"url": "https://127.0.0.1:9"},  # refused before anything is sent
        "credentials": {"api_key": own.mark},
        "own_secrets": {"client_id": own.mark},
    },
    "integrations.DailyUse": lambda _belongings: {"day": timezone.now().date()},
    "integrations.MappingVersion": lambda _belongings: {
        "kind": "contact",
        "number": 1,
        "rules": [],
        "is_active": True,
    },
    "integrations.Message": lambda own: {
        "state": "failed",
        "is_from_us": True,
        "buttons": [],
        "attachments": [],
    },
    # Ports are the machine's: no two companies have the same.
    "integrations.Tryout": lambda own: {
        "port": 20_000 + int(hashlib.sha256(own.mark.encode()).hexdigest()[:3], 16),
        "state": "failed",
    },
    "integrations.Exchange": lambda own: {"timings": {}},
    "integrations.SyncPlan": lambda own: {"cron": "", "full_cron": "", "is_enabled": False},
    "integrations.SyncRun": lambda own: {
        "state": "completed",
        "differences": [{"outside_id": own.mark, "is_new": True, "fields": {"name": ["", own.mark]}}],
    },
    "integrations.DuplicateGroup": lambda own: {
        "kind": "contact",
        "sameness": "phone",
        "reasons": [["phone", own.mark]],
    },
    "integrations.DuplicateMember": lambda own: {
        "record_id": own.of(apps.get_model("integrations.Contact")).pk
    },
    "integrations.DuplicateJob": lambda _own: {"state": "completed", "wanted": {}},
    "integrations.RecordMerge": lambda own: {
        "kind": "contact",
        "survivor_id": own.of(apps.get_model("integrations.Contact")).pk,
        "losers": [{"id": str(uuid.uuid4()), "title": own.mark}],
        "before": {"name": own.mark},
        "after": {"name": own.mark},
        "links": [],
        "references": [],
    },
    "integrations.PendingWrite": lambda _own: {"is_parked": True, "is_uncertain": True},
    # Of a request, and so of no run.
    "integrations.SyncFault": lambda _own: {"run": None, "kind": "contact", "inbound_id": uuid.uuid4()},
    "integrations.SyncConflict": lambda own: {"fields": {"name": {"ours": own.mark, "theirs": own.mark}}},
    "telephony.Pbx": lambda own: {"timezone": "UTC", "recording_url_template": ""},
    "telephony.Call": lambda own: {
        "direction": "in",
        "phase": "ended",
        "status": "missed",
        "ended_at": timezone.now(),
        "rings": [],
        "talks": [],
        "flags": [],
    },
    "telephony.CallEvent": lambda own: {"degraded": []},
    "telephony.RecordingStore": lambda own: {
        "kind": "http",
        "template": f"https://{own.mark}.example/{{path}}",
        "endpoint": "",
        "port": 22,
        "crm_days": 30,
        "kept_days": 0,
    },
    "telephony.Recording": lambda _own: {"state": "final", "size": 100, "copy": ""},
    "telephony.RecordingLink": lambda own: {"token_digest": hashlib.sha256(own.mark.encode()).hexdigest()},
    "telephony.RedirectSettings": lambda own: {
        "sources": ["crm"],
        "contexts": [own.mark],
        "excluded_lines": [own.mark],
        "excluded_numbers": [own.mark],
        "budget_ms": 700,
        "ring_seconds": 20,
    },
    "telephony.RedirectLine": lambda own: {"sources": []},
    "telephony.RedirectDecision": lambda own: {
        "outcome": "normal",
        "source": "crm",
        "reason_code": "nobody",
        "extension": "",
        "steps": [{"extension": "", "source": "crm", "name": own.mark, "verdict": "busy"}],
    },
    "telephony.CallNotification": lambda own: {
        "state": "failed",
        "extensions": [],
        "issues": [],
        "variant": "",
    },
}


def file_of(export: Export) -> Path:
    return path_of(export)


def write_file(export: Any, belongings: Belongings) -> None:
    path = file_of(export)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(belongings.mark)


AFTERWARDS: Mapping[str, Callable[[Any, Belongings], None]] = {"exports.Export": write_file}


def strays(tables: Collection[str] | None = None) -> list[str]:
    """Rows of one company that point at a row of another: all, or those that writing to these tables can have made."""
    wanted = [
        (sql, values) for used, sql, values in _crossings() if tables is None or not used.isdisjoint(tables)
    ]
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(sql for sql, _values in wanted),
            [one for _sql, values in wanted for one in values],
        )
        return [f"{link} {pk}" for link, pk in cursor.fetchall()]


@cache
def _crossings() -> list[tuple[frozenset[str], str, tuple[Any, ...]]]:
    """A query for each link between rows of companies: they are asked after each of thousands of requests."""
    return [_compiled(link) for link in _crossing_links()]


def _compiled(queryset: models.QuerySet[Any, Any]) -> tuple[frozenset[str], str, tuple[Any, ...]]:
    """The tables that a query reads, and the query."""
    query = queryset.query
    sql, values = query.get_compiler("default").as_sql()
    return frozenset(source.table_name for source in query.alias_map.values()), sql, tuple(values)


def _crossing_links() -> Iterator[models.QuerySet[Any, Any]]:
    for model in owned_models():
        home = str(path_to_tenant(model))
        for field in model._meta.fields:
            related: Any = field.related_model
            there = field.is_relation and related is not Tenant and path_to_tenant(related)
            if there:
                crossing = model._base_manager.filter(**{f"{field.name}__isnull": False})
                crossing = crossing.exclude(**{home: models.F(f"{field.name}__{there}")}).order_by()
                yield crossing.values_list(
                    models.Value(f"{field.name} of {model._meta.label}"), Cast("pk", models.TextField())
                )
