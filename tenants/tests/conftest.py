"""What the tests of this room share."""

import pytest

from tenants.keys import forget_keys


@pytest.fixture(autouse=True)
def _no_remembered_keys():
    """Keys are remembered in the process for some seconds, longer than a test's rows live."""
    forget_keys()
    yield
    forget_keys()
