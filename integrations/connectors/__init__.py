"""The connectors: one folder each, discovered at start and frozen from then on."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from integrations.capabilities import Capability
    from integrations.connector import Connector


class UnknownConnector(LookupError):
    """No folder of that name: the code is misspelt, or the connector was removed."""


@cache
def registry() -> "Mapping[str, Connector]":
    """Every connector by its code, in the order of their names."""
    found = [
        _load(module.name)
        for module in pkgutil.iter_modules(__path__)
        if module.ispkg and not module.name.startswith("_") and module.name != "tests"
    ]
    return MappingProxyType(
        {one.code: one for one in sorted(found, key=lambda one: one.manifest.name.lower())}
    )


def get(code: str) -> "Connector":
    """The connector that somebody named; UnknownConnector."""
    try:
        return registry()[code]
    except KeyError as error:
        raise UnknownConnector(code) from error


def connector_of(code: str) -> "Connector":
    """The connector of a stored integration; one that can do nothing where its folder is not there any more."""
    from integrations.absent import AbsentConnector

    return registry().get(code) or AbsentConnector(code)


def with_capability(capability: "type[Capability]") -> tuple[str, ...]:
    """The codes of all connectors that can do it."""
    return tuple(code for code, one in registry().items() if one.can(capability))


def _load(folder: str) -> "Connector":
    connector: Connector = import_module(f"{__name__}.{folder}").connector
    manifest = connector.manifest
    if manifest.code != folder:
        raise ImproperlyConfigured(f"the connector in {folder}/ calls itself {manifest.code!r}")
    missing = [one.code for one in manifest.capabilities if not issubclass(connector.session_class, one)]
    if missing:
        raise ImproperlyConfigured(f"the session of {folder} lacks what its manifest promises: {missing}")
    return connector
