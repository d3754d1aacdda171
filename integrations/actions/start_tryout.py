"""Makes an integration that is connected to a simulator of its own.

The simulator is started by the process of the simulators, which finds the row; its port is chosen here, so that the
integration is whole from the beginning. Whoever removes the integration removes the row, and with it the simulator.
"""

from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from integrations.actions.save_integration import create_integration
from integrations.connectors import UnknownConnector
from integrations.connectors import get as get_connector
from integrations.models import Integration, Tryout
from integrations.simulators import discover
from integrations.tryouts.made import entered
from integrations.tryouts.ports import free_port, may_try_out
from tenants.errors import ConfigError
from tenants.models import Tenant

MOST_OF_ONE_SYSTEM: Final = 9


def start_tryout(tenant: Tenant, code: str) -> Tryout:
    """ConfigError where the operator does not permit it, or every port is in use."""
    if not may_try_out():
        raise ConfigError(_("Simulators are switched off in this installation: the operator can allow them."))
    try:
        name = get_connector(code).manifest.name
    except UnknownConnector as error:
        raise ValidationError({"connector": _("There is no such system.")}) from error
    if code not in discover():
        raise ConfigError(_("This system has no simulator."))
    port = free_port()
    settings, credentials = entered(code, port)
    try:
        with transaction.atomic():
            row = create_integration(
                tenant, code, _free_name(tenant, name), settings=settings, credentials=credentials
            )
            return Tryout.objects.create(tenant=tenant, integration=row, port=port)
    except IntegrityError as error:
        raise ConfigError(_("Somebody else began at the same moment. Try again.")) from error


def _free_name(tenant: Tenant, system: str) -> str:
    first = _("%(system)s (simulation)") % {"system": system}
    names = [first, *(f"{first} {number}" for number in range(2, MOST_OF_ONE_SYSTEM + 1))]
    taken = set(Integration.objects.filter(tenant=tenant, name__in=names).values_list("name", flat=True))
    found = next((name for name in names if name not in taken), None)
    if found is None:
        raise ConfigError(_("There are enough simulations of this system: remove one of them first."))
    return found
