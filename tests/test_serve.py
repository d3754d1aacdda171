"""`manage.py serve` as one process tree: starts, heals, stops without orphans, and two copies side by side."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.installations import StartInstallation
from tests.processes import PATIENCE_SECONDS, START_SECONDS, Installation, descendants, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]
PARTS = {"disk", "web", "database", "workers", "beat", "listener"}


@pytest.fixture(scope="module")
def first(start_shared_installation: StartInstallation) -> Installation:
    return start_shared_installation()


@pytest.fixture
def installation(first: Installation) -> Installation:
    """Tests may stop it: the next one that needs it starts it again."""
    first.ensure_running()
    return first


@pytest.fixture(scope="module")
def neighbour(start_shared_installation: StartInstallation) -> Installation:
    return start_shared_installation()


@pytest.fixture
def second(neighbour: Installation) -> Installation:
    """Another copy beside it, likewise."""
    neighbour.ensure_running()
    return neighbour


def test_health_names_every_part(installation: Installation) -> None:
    health = installation.health()

    assert health.status == 200
    assert set(health.json()["checks"]) >= PARTS
    assert health.json()["failing"] == []


def test_says_where_it_runs_once_it_is_healthy(installation: Installation) -> None:
    wait_until_greeted(installation, times=installation.starts)


def test_logs_are_shown_with_their_process_and_kept(installation: Installation) -> None:
    kept = (installation.data_dir / "logs" / "worker.log").read_text().splitlines()

    line = next(line for line in kept if "working on" in line)
    wait_for(
        lambda: re.search(rf"^worker +\| {re.escape(line)}", installation.output, re.MULTILINE),
        PATIENCE_SECONDS,
        lambda: installation.output,
    )


def test_secrets_are_generated_for_the_owner_only(installation: Installation) -> None:
    secret_files = [path for path in installation.data_dir.glob("*.json") if "secret" in path.name]

    assert [oct(path.stat().st_mode & 0o777) for path in secret_files] == ["0o600"]
    assert oct((installation.data_dir / "run" / "supervisord.conf").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("name", ["worker", "worker-batch", "beat", "listener", "web"])
def test_a_killed_process_comes_back(installation: Installation, name: str) -> None:
    former = installation.kill(name)

    installation.wait_for_restart(name, former)
    installation.wait_until_healthy()


def test_a_killed_web_worker_is_replaced_under_the_same_server(installation: Installation) -> None:
    web = installation.process_id("web")
    (former,) = descendants(web)

    os.kill(former, signal.SIGKILL)

    wait_for(lambda: descendants(web) not in ([], [former]), PATIENCE_SECONDS, lambda: installation.output)
    installation.wait_until_healthy()
    assert installation.process_id("web") == web


def test_a_second_copy_runs_beside_it(installation: Installation, second: Installation) -> None:
    assert second.port != installation.port
    assert (second.health().status, installation.health().status) == (200, 200)


def test_a_second_copy_in_the_same_folder_is_refused(
    installation: Installation, start_installation: StartInstallation
) -> None:
    second = start_installation(wait=False, DATA_DIR=str(installation.data_dir))

    assert second.wait_until_gone() == 1
    assert f"Another Switchboard (process {installation.pid}) runs in" in second.output
    assert installation.health().status == 200


def test_a_taken_port_is_named(start_installation: StartInstallation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        refused = start_installation(wait=False, PORT=str(port))

        assert refused.wait_until_gone() == 1
    assert f"Port {port} (PORT) is taken by another program" in refused.output
    assert "Traceback" not in refused.output


def test_a_folder_that_takes_no_data_is_named(start_installation: StartInstallation, tmp_path: Path) -> None:
    file = tmp_path / "no folder"
    file.touch()

    refused = start_installation(wait=False, DATA_DIR=str(file), LANGUAGE_CODE="en")

    assert refused.wait_until_gone() == 1
    assert f"Switchboard cannot keep its data in {file}: File exists." in refused.output
    assert "DATA_DIR" in refused.output
    assert "Traceback" not in refused.output


def test_ctrl_c_stops_everything(installation: Installation) -> None:
    installation.interrupt()

    assert installation.wait_until_gone() == 0
    assert installation.output.endswith("Stopped.\n")
    assert installation.health().status == 0


def test_ctrl_c_under_make_stops_everything(start_installation: StartInstallation) -> None:
    installation = start_installation("make", "run", from_nothing=True)

    installation.interrupt()

    installation.wait_until_gone()


def test_sigterm_stops_everything_and_it_says_so_in_the_installations_language(
    start_installation: StartInstallation,
) -> None:
    installation = start_installation(LANGUAGE_CODE="ru")

    os.kill(installation.pid, signal.SIGTERM)

    assert installation.wait_until_gone() == 0
    assert "Останавливаемся…" in installation.output
    assert installation.output.endswith("Остановлено.\n")


def test_a_crashed_copy_starts_again_with_its_data(second: Installation) -> None:
    wait_until_greeted(second, times=second.starts)
    secrets = _secrets(second.data_dir)

    second.crash()
    second.launch()
    wait_until_greeted(second, times=second.starts)

    assert _secrets(second.data_dir) == secrets
    assert second.stop() == 0


def test_nobody_outlives_a_killed_supervisor(second: Installation) -> None:
    supervisor = int((second.data_dir / "run" / "supervisord.pid").read_text())

    os.kill(supervisor, signal.SIGKILL)

    assert second.wait_until_gone() == 1


def wait_until_greeted(installation: Installation, times: int) -> None:
    greeting = f"Switchboard is running at {installation.url}"
    wait_for(lambda: installation.output.count(greeting) == times, START_SECONDS, lambda: installation.output)


def _secrets(data_dir: Path) -> str:
    return (data_dir / "secrets.json").read_text()
