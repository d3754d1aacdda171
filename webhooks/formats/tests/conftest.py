"""The tests quote what people read."""

from webhooks.tests.conftest import _in_english  # noqa: F401
