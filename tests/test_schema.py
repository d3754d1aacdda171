"""The whole API, as it describes itself, is fed with generated requests: no 5xx, and no answer that the schema does not promise."""

import os
import re

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as promises

from config.wsgi import application
from tenants.keys import forget_keys
from tenants.tests.factories import make_api_key, make_extension, make_tenant

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "5"))
HELD = [
    checks.not_a_server_error,
    promises.status_code_conformance,
    promises.content_type_conformance,
    promises.response_schema_conformance,
    promises.response_headers_conformance,
    promises.unsupported_method,
]


schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
schema.app = application


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests run in the test's own transaction; Django would close its connection after each of them."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.timeout(300)
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_promises(case):
    cache.clear()
    forget_keys()
    tenant = make_tenant()
    make_extension(tenant)
    _key, plain = make_api_key(tenant)

    response = case.call(headers={"Authorization": f"Bearer {plain}"})

    case.validate_response(response, checks=HELD)


OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in schema.raw_schema["paths"].items()
    for method, operation in operations.items()
    if method in ("get", "post", "put", "patch", "delete")
]
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=lambda part: "" if isinstance(part, dict) else part
)
def test_every_operation_asks_who_comes(method, path, operation):
    """In place of the tool's `ignored_auth`, which looks at those that answered 2xx only, and whose made-up keys are
    taken for a guesser's: nothing, an unknown key, a dead session and a key without scopes, at every operation.
    """
    cache.clear()
    forget_keys()
    _key, powerless = make_api_key(make_tenant(), ["audit:read"])
    # Systems are named by words, and no other address leads to them.
    address = re.sub(r"\{\w+\}", "retailcrm" if "/connectors/" in path else UNKNOWN, path)

    def status(headers, **cookies):
        client = Client(headers=headers)
        client.cookies.load(cookies)
        return client.generic(method, address, b"{}", content_type="application/json").status_code

    strangers = [
        status({}),
        status({"Authorization": "Bearer sbk_unknown"}),
        status({"X-API-Key": "sbk_unknown"}),
        status({"Authorization": "Bearer sbt_unknown"}),
        status({"Authorization": "Basic eDp4"}),
        status({}, sessionid="unknown"),
    ]

    assert operation["security"]
    assert {} not in operation["security"]
    assert strangers == [401] * len(strangers)
    if not path.endswith("/me") and not path.startswith("/api/v1/audit"):
        assert status({"X-API-Key": powerless}) == 403
