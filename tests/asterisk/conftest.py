"""One exchange, one Switchboard and a few companies for all tests of a module."""

import getpass
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from integrations.connectors.retailcrm.simulator import Simulator
from tests import claims
from tests.asterisk.companies import CODES, CUSTOMERS, PATIENCE, Company
from tests.asterisk.exchange import PHONES, Exchange, Ports
from tests.asterisk.root import Impossible, install
from tests.installations import StartInstallation
from tests.outside.ssh import Sshd, sshd
from tests.processes import Installation, wait_for

AMI_SECRET = "a-password-of-the-tests"
_clients = count(1)


@pytest.fixture(scope="session")
def root() -> Path:
    try:
        return install()
    except Impossible as error:
        pytest.fail(str(error), pytrace=False)


@dataclass(frozen=True)
class Bench:
    """Everything that a test needs: companies by how they hear of their calls."""

    exchange: Exchange
    hub: Installation
    companies: dict[str, Company]


@pytest.fixture(scope="module")
def bench(
    root: Path, start_shared_installation: StartInstallation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    with ExitStack() as cleanup:
        ports = Ports(cleanup.enter_context(claims.block()))
        records = tmp_path_factory.mktemp("records")
        # A second is enough for a transfer on one machine.
        hub = start_shared_installation(
            EGRESS_ALLOW="127.0.0.0/8", CALL_RECORDS_DIR=str(records), CALL_END_GRACE="1"
        )
        machine = cleanup.enter_context(sshd(tmp_path_factory.mktemp("machine")))
        listening = f'  ami: {{host: 127.0.0.1, port: "{ports.office}", username: switchboard, secret: "{AMI_SECRET}"}}\n'
        recorded = "  call_records: {kind: file, path: Master.csv, timezone: UTC}\n"
        clicking = '  dialing: {exchange: {template: "Local/{extension}@phones", context: phones}}\n'
        redirecting = "  smart_redirect: {enabled: true, sources: [crm], contexts: [hub-redirect]}\n"
        both = listening + redirecting + _clicking_over_ssh(machine)
        more = {"http": recorded, "ami": listening + recorded + clicking, "both": both}
        companies = {
            way: Company(hub, f"{number:04}", cleanup.enter_context(_crm()), more[way])
            for number, way in enumerate(more, 7001)
        }
        exchange = Exchange(
            root,
            ports,
            {
                "URL": f"http://127.0.0.1:{hub.port}",
                "TOKEN_HTTP": companies["http"].token,
                "TOKEN_BOTH": companies["both"].token,
                "AMI_SECRET": AMI_SECRET,
            },
        )
        cleanup.callback(exchange.stop)
        exchange.start()
        machine.program("asterisk", exchange.console("office"))
        machine.force()
        for way in ("http", "ami"):
            # A company's own folder may be a link: an operator made it.
            (records / companies[way].number).symlink_to(exchange.records.parent)
        file = records / "companies.yaml"
        file.write_text("tenants:" + "".join(company.configuration for company in companies.values()))
        hub.manage("apply", str(file))
        _wait_until_heard(exchange)
        yield Bench(exchange, hub, companies)


def _crm() -> object:
    return Simulator(codes=CODES, customers=CUSTOMERS, limits_rate=False).running()


def _clicking_over_ssh(machine: Sshd) -> str:
    access = {
        "transport": "ssh",
        "context": "phones",
        "ssh_host": "127.0.0.1",
        "ssh_port": machine.port,
        "ssh_user": getpass.getuser(),
        "ssh_key": machine.client_key,
        "ssh_host_key": machine.host_key(),
    }
    return f"  dialing: {json.dumps({'exchange': access})}\n"  # which is YAML as well


def _wait_until_heard(exchange: Exchange) -> None:
    """Both companies that listen are logged in."""
    wait_for(
        lambda: exchange.command("office", "manager show connected").count("switchboard ") >= 2,
        PATIENCE,
        lambda: exchange.command("office", "manager show connected"),
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any) -> Any:
    """What the exchange itself said, beside a failure."""
    report = yield
    exchange = getattr(item, "funcargs", {}).get("exchange")
    if report.failed and isinstance(exchange, Exchange):
        report.sections += [(f"the Asterisk of {name}", exchange.log(name)) for name in ("office", "outside")]
    return report


@pytest.fixture
def exchange(bench: Bench) -> Iterator[Exchange]:
    """Everybody picks up after a second, but for 153, who is never there."""
    for number in PHONES:
        bench.exchange.does(number, "silent" if number == "153" else "answer-1-60")
    yield bench.exchange
    bench.exchange.hang_up_everything()


@pytest.fixture
def client() -> str:
    """A number that nobody else has called from, nor from those that differ in its last two digits."""
    return f"+37529{next(_clients):05}00"
