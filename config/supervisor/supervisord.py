"""Writes supervisord's configuration for a set of processes, below DATA_DIR."""

import os
import pwd
import secrets
import shlex
import signal
from collections.abc import Iterable
from pathlib import Path

from config.env import BASE_DIR
from config.supervisor import tether
from config.supervisor.processes import STOP_SECONDS, Process

LOG_BYTES = "10MB"
LOG_COPIES = 4
SOCKET_PATH_LIMIT = 100  # the kernel takes 107 bytes, and supervisord appends its own suffix while it binds

PROGRAM = """
[program:{name}]
command={command}
autorestart=true
startsecs=2
startretries=1000
stopsignal=TERM
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups={log_copies}
"""


def log_path(data_dir: Path, name: str) -> Path:
    return data_dir / "logs" / f"{name}.log"


def write(data_dir: Path, processes: Iterable[Process]) -> Path:
    """Write the configuration; returns its path."""
    processes = list(processes)
    path = data_dir / "run" / "supervisord.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    log_path(data_dir, "supervisor").parent.mkdir(parents=True, exist_ok=True)
    # One group: supervisord asks the members of a group to stop all at once, but groups one after the other.
    members = ",".join(process.name for process in processes)
    sections = [_head(data_dir), *(_program(data_dir, process) for process in processes)]
    path.touch(mode=0o600)  # it holds the password of the control socket
    path.write_text("".join(sections) + f"\n[group:switchboard]\nprograms={members}\n")
    return path


def _head(data_dir: Path) -> str:
    lines = [
        "; Written by manage.py serve at every start: changes here are lost.",
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        "loglevel=warn",
        f"directory={_plain(BASE_DIR)}",
        f"logfile={_plain(log_path(data_dir, 'supervisor'))}",
        f"logfile_maxbytes={LOG_BYTES}",
        f"logfile_backups={LOG_COPIES}",
        f"pidfile={_plain(data_dir / 'run' / 'supervisord.pid')}",
        f"childlogdir={_plain(data_dir / 'logs')}",
    ]
    if os.getuid() == 0:
        lines.append(f"user={pwd.getpwuid(0).pw_name}")  # said aloud, or supervisord warns at every start
    return "\n".join(lines) + "\n" + _control(data_dir / "run" / "supervisor.sock")


def _control(socket: Path) -> str:
    """`supervisorctl -c …/supervisord.conf status` works through a socket that only its owner may open."""
    if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
        return ""
    password = secrets.token_urlsafe(16)
    return f"""
[unix_http_server]
file={_plain(socket)}
chmod=0700
username=switchboard
password={password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{_plain(socket)}
username=switchboard
password={password}
"""


def _program(data_dir: Path, process: Process) -> str:
    command = tether.command(signal.SIGKILL, *process.command)
    return PROGRAM.format(
        name=process.name,
        command=" ".join(_plain(shlex.quote(word)) for word in command),
        stop_seconds=STOP_SECONDS,
        log=_plain(log_path(data_dir, process.name)),
        log_bytes=LOG_BYTES,
        log_copies=LOG_COPIES,
    )


def _plain(value: object) -> str:
    """supervisord expands %(…)s: every other percent sign is doubled."""
    return str(value).replace("%", "%%")
