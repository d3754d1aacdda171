"""The demo company: what it is called, where its simulated systems are, and the secrets made for it once."""

import json
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from django.conf import settings
from django.utils.translation import gettext as _

from config.env import DATA_DIR
from config.supervisor.demo import simulator_ports

NUMBER = "1000"
CODES = "19=150,18=151,17=152"
FORM = Path(__file__).with_name("company.yaml")
SECRETS = DATA_DIR / "demo-secrets.json"
LOOPBACK = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Made at the first start, kept below DATA_DIR (mode 0600)."""

    password: str
    pbx_token: str
    call_secret: str
    crm_key: str
    receiver_secret: str


def demo_secrets() -> DemoSecrets:
    if SECRETS.exists():
        return DemoSecrets(**json.loads(SECRETS.read_text()))
    fresh = DemoSecrets(
        password=secrets.token_urlsafe(9),
        pbx_token=secrets.token_urlsafe(24),
        call_secret=secrets.token_urlsafe(24),
        crm_key=secrets.token_urlsafe(24),
        receiver_secret="whsec_" + b64encode(secrets.token_bytes(24)).decode(),
    )
    SECRETS.touch(mode=0o600)
    SECRETS.write_text(json.dumps(asdict(fresh)))
    return fresh


def configuration(own: DemoSecrets) -> str:
    """The YAML to apply; JSON texts are YAML texts, so that any value is quoted safely."""
    ports = simulator_ports()
    values = asdict(own) | {
        "name": _("Demo company"),
        "language": settings.LANGUAGE_CODE,
        "anna": _("Anna"),
        "boris": _("Boris"),
        "vera": _("Vera"),
        "gleb": _("Gleb"),
        "dina": _("Dina"),
        "crm_name": _("Demo CRM"),
        "crm_url": f"{LOOPBACK}:{ports['retailcrm']}",
        "receiver_name": _("Demo receiver"),
        "receiver_url": f"{LOOPBACK}:{ports['receiver']}/",
    }
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    return Template(FORM.read_text(encoding="utf-8")).substitute(quoted)
