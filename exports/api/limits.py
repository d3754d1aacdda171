"""How the limits of a company look in the API, and what is answered when one is used up."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers

from exports.limits import LimitReached
from exports.models import LIMITS


class LimitUsedUp(exceptions.APIException):
    """429. `code` is the limit's name; `Retry-After` tells when a kept file expires, where that is what helps."""

    status_code = 429
    default_code = "export_limit"
    default_detail = _("A limit of this company is used up.")

    def __init__(self, error: LimitReached) -> None:
        super().__init__(error.message, error.limit)
        # Django REST framework makes the header of it.
        self.wait = error.retry_after


class _Limits(serializers.Serializer[Any]):
    max_rows = serializers.IntegerField(allow_null=True, help_text="Rows in a file; null: any number.")
    max_file_size = serializers.IntegerField(help_text="Bytes of a file.")
    concurrent = serializers.IntegerField(help_text="Exports that run at a time; further ones wait.")
    max_unfinished = serializers.IntegerField(
        help_text="Exports that run or wait; further ones are refused (429)."
    )
    retention_hours = serializers.IntegerField(help_text="How long a file is kept.")
    max_kept_size = serializers.IntegerField(
        allow_null=True, help_text="Bytes of all kept files; null: any number."
    )
    own = serializers.ListField(
        child=serializers.ChoiceField(choices=LIMITS),
        help_text="Which of these are this company's own; the others are the installation's.",
    )


class _Used(serializers.Serializer[Any]):
    running = serializers.IntegerField()
    waiting = serializers.IntegerField()
    kept_files = serializers.IntegerField()
    kept_size = serializers.IntegerField(help_text="Bytes.")
    next_expiry = serializers.DateTimeField(allow_null=True, help_text="When the next file is deleted.")


class LimitsSerializer(serializers.Serializer[Any]):
    limits = _Limits()
    used = _Used()
