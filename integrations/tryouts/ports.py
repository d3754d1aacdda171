"""Where simulators may listen: a few ports of this machine, which the operator opened for them."""

import socket

from django.conf import settings
from django.utils.translation import gettext as _

from config.egress import EgressDenied
from config.egress.policy import check_address
from config.supervisor.demo import tryout_ports
from integrations.models import Tryout
from integrations.models.tryout import HOST
from tenants.errors import ConfigError
from tenants.scoping import all_tenants


def may_try_out() -> bool:
    """Whether simulators are switched on, and requests to their ports let through."""
    return bool(settings.SIMULATORS) and any(_is_open(port) for port in tryout_ports())


def free_port() -> int:
    """One that no other try-out has and nobody listens on; ConfigError when there is none."""
    with all_tenants():
        taken = set(Tryout.objects.values_list("port", flat=True))
    for port in tryout_ports():
        if port not in taken and _is_open(port) and _is_free(port):
            return port
    raise ConfigError(_("No more simulators can run at a time: remove one of the simulations first."))


def _is_open(port: int) -> bool:
    try:
        check_address(HOST, port)
    except EgressDenied:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
