"""The telephone exchange is never called by the word for a conversation with another system."""

from typing import Any

import pytest
from django.apps import apps
from django.utils.translation import override

from telephony.models import Pbx

FIELDS = [
    field
    for model in apps.get_app_config("telephony").get_models()
    for field in model._meta.get_fields()
    if getattr(field, "related_model", None) is Pbx and hasattr(field, "verbose_name")
]


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_in_russian_an_exchange_is_no_conversation(field: Any) -> None:
    with override("ru"):
        assert "обмен" not in str(field.verbose_name).lower()
