"""Every command of docs/api.md is run, in its order and in one shell, against a started installation."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.processes import Installation

DOCUMENT = Path(__file__).parents[1] / "docs" / "api.md"
PREPARE = """
from tenants.actions.create_key import create_key
from tenants.actions.renew_secret import create_application
from tenants.models import ApiKey, OAuthApplication, Tenant
from tenants.scoping import tenant_scope
tenant = Tenant.objects.create(number="7001", name="Reader")
with tenant_scope(tenant):
    signing = ApiKey(tenant=tenant, name="signing", scopes=["*"], must_sign=True)
    secret = create_key(signing)
    application = OAuthApplication(tenant=tenant, name="ERP", scopes=["*"])
    client_secret = create_application(application)
    key = create_key(ApiKey(tenant=tenant, name="reader", scopes=["*"]))
    print("MADE", key, signing.pk, secret, application.client_id, client_secret)
"""


def blocks() -> list[str]:
    return re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


@pytest.mark.processes
@pytest.mark.timeout(1500)
def test_an_outsider_follows_the_document_with_curl(shared_installation: Installation) -> None:
    made = re.search(
        r"MADE (\S+) (\S+) (\S+) (\S+) (\S+)", shared_installation.manage("shell", "-c", PREPARE)
    )
    assert made
    key, key_id, secret, client_id, client_secret = made.groups()
    environment = {
        **shared_installation.environment,
        "KEYID": key_id,
        "SECRET": secret,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": client_secret,
    }
    first, *others = blocks()
    script = first.replace("http://localhost:8081", shared_installation.url).replace("sbk_…", key)
    script += "".join(f"\necho; echo '=== {number}'\n{block}" for number, block in enumerate(others))

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    me, events, endpoint, mistake, rates, rotated, by_token, worth, given_back, signed = done.stdout.split(
        "=== "
    )[1:]
    assert json.loads(answer(me))["tenant"] == "7001"
    assert json.loads(answer(events))["results"] is not None
    assert json.loads(answer(endpoint))["name"] == "Feed"
    assert {one["code"] for one in json.loads(answer(mistake))["errors"]} == {"unknown_field"}
    assert re.search(r'(?im)^ratelimit: "default";r=\d+;t=\d+', rates)
    assert json.loads(answer(rotated))["key"].startswith("sbk_")
    assert json.loads(answer(by_token))["caller"].startswith("ERP")
    assert json.loads(answer(worth))["active"] is True
    assert answer(given_back) == "200"
    assert json.loads(answer(signed))["name"] == "Signed"


def answer(part: str) -> str:
    return part.partition("\n")[2].strip()
