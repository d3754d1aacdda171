"""A uniqueness that only the database knows, told as a problem that names the fields.

Serializers cannot check constraints that contain the tenant, which no client sends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.serializers import BaseSerializer

from tenants.api.problems import Conflict
from tenants.models import Tenant


@contextmanager
def told_conflicts(model: type[Model], serializer: BaseSerializer[Any], tenant: Tenant) -> Iterator[None]:
    """One transaction; a violated constraint becomes 400 with the fields' names, or 409 when no field is to blame."""
    instance = serializer.instance
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        candidate = copy(instance) if isinstance(instance, Model) and instance.pk else model()
        _fill(candidate, {**serializer.validated_data, "tenant": tenant})
        taken = _taken_fields(model, candidate)
        if taken:
            message = str(_("Another row has this value already."))
            raise exceptions.ValidationError(
                {name: exceptions.ErrorDetail(message, "unique") for name in taken}
            ) from error
        raise Conflict(_("This contradicts another row.")) from error


def _fill(candidate: Model, values: dict[str, Any]) -> None:
    names = {field.name for field in candidate._meta.concrete_fields}
    for name in names & values.keys():
        setattr(candidate, name, values[name])


def _taken_fields(model: type[Model], candidate: Model) -> list[str]:
    taken: dict[str, None] = {}
    for constraint in model._meta.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        try:
            constraint.validate(model, candidate)
        except ModelValidationError:
            taken |= dict.fromkeys(name for name in constraint.fields if name != "tenant")
    return list(taken)
