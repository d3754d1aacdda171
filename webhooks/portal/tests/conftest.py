"""The same as in the whole room."""

from webhooks.tests.conftest import _in_english, other_tenant, receiver, tenant  # noqa: F401 fixtures
