"""Model fields: time-ordered keys, and values that are encrypted at rest by the key ring."""

import json
import uuid
from base64 import b64decode, b64encode
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from config import keyring
from tenants.ids import uuid7


class UUID7Field(models.UUIDField[uuid.UUID | str, uuid.UUID]):
    """A primary key made by the program before the row exists."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("primary_key", True)
        options.setdefault("default", uuid7)
        options.setdefault("editable", False)
        super().__init__(*args, **options)


class Sealed(models.Field[Any, Any]):
    """What the database has is a sealed value; the attribute is the plain one. Never usable in a filter."""

    @property
    def context(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise TypeError(f"{self.context} is encrypted and cannot be searched; store a digest beside it")


class SealedField(Sealed, models.TextField[Any, Any]):
    """Sealed in a column of text."""

    def encode(self, value: Any) -> bytes:
        return str(value).encode("utf-8", "surrogatepass")

    def decode(self, plain: bytes) -> Any:
        return plain.decode("utf-8", "surrogatepass")

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else keyring.seal(self.encode(value), self.context)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else self.decode(keyring.open_(value, self.context))

    def to_python(self, value: Any) -> Any:
        """The value itself, whatever its type; a sealed one, as `dumpdata` writes it, is opened."""
        if isinstance(value, str) and value.startswith(f"{keyring.FORMAT}."):
            try:
                return self.decode(keyring.open_(value, self.context))
            except keyring.Unreadable:
                return value  # only looks like one
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """What `dumpdata` writes: sealed, as it is in the database."""
        return self.get_prep_value(self.value_from_object(obj)) or ""


class EncryptedTextField(SealedField):
    """A secret text such as a token."""

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return found if found is None else str(found)


class EncryptedJSONField(SealedField):
    """A secret mapping such as a connector's credentials."""

    # Read by the type checker's Django plugin: any JSON value goes in and comes out, not only a TextField's text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True).encode()

    def decode(self, plain: bytes) -> Any:
        return json.loads(plain)


class EncryptedBytesField(Sealed, models.BinaryField):
    """Sealed in a column of bytes: for what may be large, such as the body of a request."""

    def get_prep_value(self, value: Any) -> bytes | None:
        return None if value is None else keyring.seal_bytes(bytes(value), self.context)

    def from_db_value(self, value: Any, expression: object, connection: object) -> bytes | None:
        return None if value is None else keyring.open_bytes(bytes(value), self.context)

    def value_to_string(self, obj: models.Model) -> str:
        """What `dumpdata` writes: sealed, as it is in the database."""
        return b64encode(self.get_prep_value(self.value_from_object(obj)) or b"").decode("ascii")

    def to_python(self, value: Any) -> Any:
        """Bytes as they are; what `dumpdata` wrote is opened."""
        if not isinstance(value, str):
            return value
        sealed = b64decode(value)
        return keyring.open_bytes(sealed, self.context) if sealed else None
