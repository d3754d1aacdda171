"""Nothing leaves but through config/egress: no other module of the hub may open a connection."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.env import BASE_DIR

ROOMS = ("config", "tenants", "webhooks", "exports", "integrations", "telephony")
# Modules with which a program can reach out.
WAYS_OUT = (
    "requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "pycurl", "socket", "asyncio.open_connection",
    "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "paramiko", "websocket", "websockets", "psycopg", "pymysql",
    "mysql", "pyodbc", "oracledb", "pymssql", "clickhouse_connect", "pymongo", "redis", "ldap3", "socks",
)  # fmt: skip
# And why each of these may.
GATE = "config/egress/"
EXEMPT = {
    "webhooks/sender/": "libcurl with the gate's socket hook; test_every_curl_handle_is_guarded",
    "integrations/http/transport.py": "the gate's own session; catches the errors of its libraries",
    "integrations/connectors/rest/paging.py": "reads Link headers by the function of requests; opens none",
    "integrations/http/draft.py": "writes forms by the function of urllib3; opens nothing",
    "integrations/tryouts/ports.py": "simulators of the hub's own, on loopback",
    "integrations/http/bounds.py": "time limits around the gate's connections; opens none",
    "tenants/trail/stream.py": "the operator's own log server, by AUDIT_LOG",
    "tenants/work/bell.py": "datagrams to sockets in DATA_DIR",
    "tenants/signin/openid.py": "the gate's own session; catches the errors of its libraries",
    "tenants/counters.py": "the operator's own Redis, by CACHE_URL; only its errors are named",
    "tenants/heartbeats.py": "this host's name",
    "tenants/mail.py": "the operator's own mail server, by EMAIL_URL; only its error is named",
    "tenants/postgresql/": "the hub's own database, by DATABASE_URL",
    "exports/destinations/email.py": "the operator's own mail server, by tenants/mail.py; only its errors are named",
    "exports/destinations/sftp.py": "SFTP over a socket of the gate's; the host's key is pinned",
    "exports/destinations/troubles.py": "only names the errors of connections that the gate made",
    "exports/pushdown/copy.py": "the state of Django's own connection; opens none",
    "exports/pushdown/rows.py": "reads what COPY answers on Django's own connection; opens none",
    "config/supervisor/": "the supervisor looks at its own processes on loopback",
    "telephony/catchup/engines.py": "addresses that the gate checked, which are all that libpq is given; the gate's own sockets for MySQL",
    "telephony/catchup/sftp.py": "SSH over a socket that the gate dialled",
    "telephony/dialing/ssh.py": "SSH over a connection that the gate made; catches the errors of its library",
    "telephony/steering/ssh.py": "commands over a connection of telephony/dialing/ssh.py; catches the errors of its library",
    "telephony/management/commands/replay.py": "an operator's command, to the address given to it",
    "telephony/ami/": "sockets that the gate has dialled (config/egress/tcp.py); its simulator only listens",
    "telephony/listening/identity.py": "this host's name",
    "telephony/listening/troubles.py": "only an error of look-ups is named",
    "telephony/recordings/places/sftp.py": "SSH over a socket of the gate's; the host's key is pinned",
    "tenants/simulation/": "servers that stand in for outside systems",
    "simulator/": "servers that stand in for outside systems",
}
CALLS = {"create_connection", "open_connection", "urlopen", "urlretrieve", "create_datagram_endpoint"}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((BASE_DIR / room).rglob("*.py")):
            name = path.relative_to(BASE_DIR).as_posix()
            is_test = "/tests/" in name or name.endswith(("/tests.py", "/conftest.py"))
            if not is_test and "/migrations/" not in name and not name.startswith(GATE):
                yield path


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in CALLS:
                yield f"socket.{name}()"
            elif (
                name in ("import_module", "__import__")
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def ways_out(source: str) -> set[str]:
    names = set(imported(ast.parse(source)))
    return {name for name in names for way in WAYS_OUT if name == way or name.startswith(f"{way}.")}


def is_exempt(name: str) -> bool:
    return any(name.startswith(part) or f"/{part}" in name for part in EXEMPT)


def test_no_module_reaches_out_by_itself() -> None:
    found = {
        name: sorted(ways)
        for path in modules()
        if not is_exempt(name := path.relative_to(BASE_DIR).as_posix())
        and (ways := ways_out(path.read_text()))
    }

    assert found == {}


def test_every_exemption_is_still_needed() -> None:
    names = {path.relative_to(BASE_DIR).as_posix(): path for path in modules()}
    used = {
        part
        for part in EXEMPT
        for name, path in names.items()
        if (name.startswith(part) or f"/{part}" in name) and ways_out(path.read_text())
    }

    assert used == set(EXEMPT)


@pytest.mark.parametrize(
    "source",
    [
        "import requests", "from requests import Session", "import urllib.request", "from urllib.request import urlopen",
        "import http.client", "from http import client", "import socket", "import aiohttp", "import pycurl",
        "import asyncio\nasyncio.open_connection('h', 1)", "import importlib\nimportlib.import_module('httpx')",
    ],
)  # fmt: skip
def test_the_search_finds_every_way(source: str) -> None:
    assert ways_out(source)


def test_harmless_relatives_are_not_found() -> None:
    assert ways_out("from http import HTTPStatus\nfrom urllib.parse import quote\nimport asyncio") == set()


def test_every_curl_handle_is_guarded() -> None:
    makers = [
        path.relative_to(BASE_DIR).as_posix()
        for path in (BASE_DIR / "webhooks").rglob("*.py")
        if "pycurl.Curl(" in path.read_text() and "/tests/" not in path.as_posix()
    ]

    assert makers == ["webhooks/sender/transfer.py"]
    source = (BASE_DIR / makers[0]).read_text()
    assert source.count("pycurl.Curl(") == source.count("= guard(self.handle)") == 1
