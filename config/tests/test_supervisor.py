"""The supervisor's parts by themselves; tests/test_serve.py has them together."""

import configparser
import io
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext, override

from config.supervisor import instance, supervisord, waiting
from config.supervisor.logs import Tail, Terminal
from config.supervisor.plan import Plan, Words
from config.supervisor.processes import ROLES, Process, process, supervised
from config.supervisor.translations import compile_catalogues
from tests.processes import is_running, wait_for

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Call"\nmsgstr "{text}"\n'


def read_configuration(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=None)
    parser.read(path)
    return parser


def test_every_role_gets_a_program_that_is_tied_to_the_supervisor(tmp_path: Path) -> None:
    path = supervisord.write(tmp_path, [process(role) for role in ROLES])

    parser = read_configuration(path)
    words = shlex.split(parser["program:web"]["command"].replace("%%", "%"))
    assert words[3].endswith("tether.py")
    assert words[4] == "SIGKILL"
    assert tuple(words[5:]) == process("web").command
    assert parser["group:switchboard"]["programs"] == "web,worker,worker-batch,beat,listener"
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_only_some_need_waits_until_it_is_wanted(tmp_path: Path) -> None:
    file = waiting.file_of(tmp_path, "listener")
    waits = subprocess.Popen(waiting.command(file, "/bin/echo", "began"), stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        waits.wait(2 * waiting.LOOK_SECONDS)

    waiting.want(tmp_path, "listener")
    waiting.want(tmp_path, "listener")

    assert waits.communicate(timeout=10)[0] == "began\n"


def test_the_listener_waits_and_everything_else_begins_at_once() -> None:
    assert {role for role in ROLES if supervised(role) != process(role)} == {"listener"}
    assert supervised("listener").command[-2:] == process("listener").command[-2:]


def test_percent_signs_and_blanks_survive_in_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "100 % mine"
    path = supervisord.write(folder, [Process("one", ("/bin/echo", "%h", "a b"))])

    command = read_configuration(path)["program:one"]["command"]

    assert command.endswith("/bin/echo %%h 'a b'")
    assert read_configuration(path)["program:one"]["stdout_logfile"] == str(
        folder / "logs" / "one.log"
    ).replace("%", "%%")


def test_a_tail_shows_only_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"old\n")
    tail = Tail(log)

    with log.open("ab") as file:
        file.write(b"one\ntw")
    first = list(tail.lines())
    with log.open("ab") as file:
        file.write(b"o\n")

    assert (first, list(tail.lines())) == ([b"one"], [b"two"])


def test_a_tail_follows_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"")
    tail = Tail(log)
    with log.open("ab") as file:
        file.write(b"before\n")
        log.rename(tmp_path / "web.log.1")
        file.write(b"last\n")
    log.write_bytes(b"after\n")

    assert list(tail.lines()) == [b"before", b"last", b"after"]


def test_a_tail_waits_for_its_file(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "web.log")
    early = list(tail.lines())

    (tmp_path / "web.log").write_bytes(b"hello\n")

    assert (early, list(tail.lines())) == ([], [b"hello"])


def test_lines_carry_the_name_of_their_process(tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.log" for name in ("web", "worker")}
    out = io.StringIO()
    terminal = Terminal(paths, out)

    paths["web"].write_bytes(b"hello\n")
    paths["worker"].write_bytes("привет \xff\n".encode("latin-1", "replace"))
    terminal.pump()

    assert out.getvalue().splitlines()[0] == "web    | hello"
    assert out.getvalue().splitlines()[1].startswith("worker | ")


def test_the_lean_process_says_what_was_translated_for_it(tmp_path: Path) -> None:
    words = Words(greeting="Работает", waiting="Ждём: %(missing)s", stopping="…", stopped=".", ended="!")
    plan = Plan("conf", {"web": "log"}, "", 8081, "localhost", words, 3)
    plan.save(tmp_path / "plan.json")

    assert Plan.load(tmp_path / "plan.json") == plan


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    descriptor = instance.lock(tmp_path)

    with pytest.raises(instance.Occupied, match=f"process {os.getpid()}"):
        instance.lock(tmp_path)

    os.close(descriptor)
    os.close(instance.lock(tmp_path))


def test_a_taken_port_is_refused_and_a_free_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(instance.Occupied, match=rf"Port {port} \(PORT\) is taken"):
            instance.require_free("127.0.0.1", port, "PORT")

    instance.require_free("127.0.0.1", port, "PORT")


def test_catalogues_are_compiled_when_they_are_newer(tmp_path: Path) -> None:
    source = tmp_path / "ru" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO.format(text="Звонок"))

    first, again = compile_catalogues([tmp_path]), compile_catalogues([tmp_path])
    later = source.with_suffix(".mo").stat().st_mtime + 10
    os.utime(source, (later, later))

    assert (first, again, compile_catalogues([tmp_path])) == ([source], [], [source])
    assert "Звонок".encode() in source.with_suffix(".mo").read_bytes()


def test_what_was_looked_up_before_is_translated_once_it_is_compiled(tmp_path: Path, settings: Any) -> None:
    source = tmp_path / "ru" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO.format(text="Звонок"))
    settings.LOCALE_PATHS = [tmp_path]
    with override("ru"):
        before = gettext("Call")

    compile_catalogues([tmp_path])

    with override("ru"):
        assert (before, gettext("Call")) == ("Call", "Звонок")


PARENT = """
import os, pathlib, shutil, signal, subprocess
from config.supervisor import tether
child = subprocess.Popen(tether.command(signal.SIGKILL, shutil.which("sleep"), "60"))
while pathlib.Path(f"/proc/{child.pid}/comm").read_text() != "sleep\\n": pass
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_tethered_process_dies_with_its_parent() -> None:
    done = subprocess.run([sys.executable, "-c", PARENT], check=False, timeout=30, stdout=subprocess.PIPE)

    wait_for(lambda: not is_running(int(done.stdout)), 60, "it outlived its parent")
