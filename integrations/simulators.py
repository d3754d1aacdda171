"""Every simulator by name: what can be tried without an account."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from integrations import connectors
from tenants.simulation import BaseSimulator

# A receiver of our own webhooks is simulated as well; it belongs to the room of webhooks and is no connector.
OTHERS = ("webhooks.simulator",)


@cache
def discover() -> dict[str, type[BaseSimulator]]:
    """`Simulator` of the module `simulator` in a connector's folder."""
    names = [
        f"{connectors.__name__}.{found.name}"
        for found in iter_modules(connectors.__path__)
        if found.ispkg and not found.name.startswith("_")
    ]
    modules = [f"{name}.simulator" for name in names if find_spec(f"{name}.simulator")]
    classes = [import_module(name).Simulator for name in (*modules, *OTHERS)]
    return {each.name: each for each in sorted(classes, key=lambda each: each.name)}
