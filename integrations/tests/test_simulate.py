"""`manage.py simulate`, as a process: it starts, answers, says what is wrong, and stops cleanly."""

import os
import re
import signal
import subprocess
import sys

import pytest
import requests
from django.conf import settings
from django.core.management import execute_from_command_line

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
            assert process.wait(10) == 0
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
        ([], "Name a system: bitrix24, planfix, receiver, "),
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
