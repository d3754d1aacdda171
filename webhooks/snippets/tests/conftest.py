"""The tests quote what people read."""

from webhooks.tests.conftest import _in_english, tenant  # noqa: F401 fixtures
