"""`manage.py simulate`, as a process: it starts, answers, says what is wrong, and stops cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest
import requests
from django.conf import settings
from django.core.management import execute_from_command_line

from integrations.management.commands.simulate import discover

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py"), "simulate"]


def run(*arguments):
    return subprocess.run([*MANAGE, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_told_to_stop(number):
    command = [*MANAGE, "retailcrm", "--api-key", "k", "--codes", "19=150"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            url = re.search(r"http://\S+", process.stdout.readline())[0]
            assert requests.get(f"{url}/api/credentials", headers={"X-API-KEY": "k"}, timeout=5).json()[
                "success"
            ]
            process.send_signal(number)
            assert process.stdout.read() == "Stopped.\n"
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_it_speaks_the_installations_language():
    command = [*MANAGE, "receiver", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "LANGUAGE_CODE": "ru"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            said = process.stdout.readline()
            assert re.fullmatch(r"Получатель вебхуков, симулятор: http://\S+ \(Ctrl-C остановит\)\n", said)
        finally:
            process.kill()


def test_systems_are_listed():
    found = run("--list")

    assert found.returncode == 0
    assert {line.split("\t")[0] for line in found.stdout.splitlines()} >= {
        "bitrix24",
        "planfix",
        "retailcrm",
        "receiver",
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], f"Name a system: {', '.join([*discover(), 'all'])}."),
        (["nothing"], "invalid choice: 'nothing'"),
        (["retailcrm", "--port", "70000"], "'70000' is not a port"),
        (["retailcrm", "--codes", "1=150"], "'1=150' is not USER=EXTENSION"),
        (["receiver", "--secret", "whsec_?"], "not whsec_ followed by base64"),
    ],
)
def test_mistakes_on_the_command_line_are_named(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "simulate", *arguments])

    said = capsys.readouterr().err
    assert ended.value.code not in (0, None)
    assert complaint in said
    assert "Traceback" not in said


def test_all_of_them_start_together_with_a_page_that_links_them():
    command = [*MANAGE, "all", "--port", str(_free_row())]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "LANGUAGE_CODE": "en"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            index = re.search(r"http://\S+", process.stdout.readline())[0]
            systems = {}
            for _system in discover():
                name, url, *_values = process.stdout.readline().split()
                systems[name] = url
            assert set(systems) == set(discover())
            state = requests.get(f"{index}/_page/state?lang=en", timeout=5).json()
            assert {one["url"] for one in state["systems"]} == set(systems.values())
            shown = next(one for one in state["systems"] if one["title"] == "RetailCRM")
            assert "api_key: simulator-key" in shown["values"]
            headers = {"X-API-KEY": "simulator-key"}
            answer = requests.get(f"{systems['retailcrm']}/api/credentials", headers=headers, timeout=5)
            assert answer.json()["success"]
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read() == "Stopped.\n"
            assert process.wait(60) == 0
        finally:
            process.kill()


def _free_row():
    """The first of as many free ports as there are simulators, and one for the page."""
    for first in range(21000, 30000, 100):
        with ExitStack() as held:
            try:
                for port in range(first, first + len(discover()) + 1):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")
