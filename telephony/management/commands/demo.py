"""`manage.py demo`: creates the demo company, or brings it in line with another PORT. Harmless twice."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation
from django.utils.translation import gettext as _

from config.env import BASE_DIR, DATA_DIR, PORT
from config.supervisor.demo import NOTE, egress_allowance, simulator_ports
from telephony.demo.company import CODES, NUMBER, DemoSecrets, configuration, demo_secrets
from tenants.audit import Actor, acting
from tenants.configuration.applying import apply_text

DEMO_CALLS = "inbound_answered ring_group inbound_missed outbound_answered"


class Command(BaseCommand):
    help = "Create the demo company with its simulated CRM and webhook receiver."

    def handle(self, *args: Any, **options: Any) -> None:
        own = demo_secrets()
        # The addresses of the simulators are checked while they are saved, as anybody's are.
        settings.EGRESS_ALLOW = egress_allowance().split(",")
        with translation.override(settings.LANGUAGE_CODE), acting(Actor("manage.py demo")):
            plan = apply_text(configuration(own))
            _leave_note(own)
        if options["verbosity"] > 0:
            self.stdout.write(f"{len(plan.changes)} change(s) made. Log in as demo, password {own.password}")


def _leave_note(own: DemoSecrets) -> None:
    """What `manage.py serve` tells people and gives to the simulators."""
    manage = f"{BASE_DIR / '.venv' / 'bin' / 'python'} {BASE_DIR / 'manage.py'}"
    environment = f"DATA_DIR={DATA_DIR} PORT={PORT} " if DATA_DIR != BASE_DIR / "var" or PORT != 8081 else ""
    ports = simulator_ports()
    pop_ups, received = _("pop-ups appear here while the phone rings"), _("what a subscriber receives")
    note = {
        "username": "demo",
        "password": own.password,
        "hints": [
            [_("Play calls"), f"{environment}{manage} replay --tenant {NUMBER} {DEMO_CALLS}"],
            [
                _("Demo CRM"),
                f"http://localhost:{ports['retailcrm']}/   ({pop_ups})",
            ],
            [_("Webhooks"), f"http://localhost:{ports['receiver']}/   ({received})"],
        ],
        "simulators": {
            "retailcrm": ["--api-key", own.crm_key, "--codes", CODES],
            "receiver": ["--secret", own.receiver_secret],
        },
    }
    NOTE.touch(mode=0o600)
    NOTE.write_text(json.dumps(note, ensure_ascii=False))
