"""What protects people in their browsers, and the server profile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from config.env import BASE_DIR
from tests.databases import copy_sqlite

SERVER = {"PUBLIC_URL": "https://hub.example.com", "TRUSTED_PROXIES": "127.0.0.1"}
pytestmark = pytest.mark.django_db


def run(code: list[str], tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("EXPORT_DIR", "DATABASE_URL")}
    return subprocess.run(
        [sys.executable, *code],
        cwd=BASE_DIR,
        env=own | {"DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": "hub.example.com", **environment},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_the_server_profile_is_clean(tmp_path: Path) -> None:
    checked = run(["manage.py", "check", "--deploy", "--fail-level", "WARNING"], tmp_path, **SERVER)

    assert checked.returncode == 0, checked.stderr


PRINT = """
import django; django.setup()
from django.conf import settings
from django.test import Client
c = Client()
page = c.get("/admin/login/", secure=True, HTTP_HOST="hub.example.com")
c.post("/admin/login/", {}, secure=True, HTTP_HOST="hub.example.com")
print(page.headers["Strict-Transport-Security"])
print(page.cookies[settings.CSRF_COOKIE_NAME]["secure"], settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
print(c.get("/admin/login/", HTTP_HOST="hub.example.com").headers.get("Location"))
print(c.get("/api/v1/me", HTTP_HOST="hub.example.com").status_code)
print(c.get("/admin/login/", secure=True, HTTP_HOST="evil.example").status_code)
"""


def test_https_in_public_url_turns_everything_on(tmp_path: Path) -> None:
    environment = {**SERVER, "DJANGO_SETTINGS_MODULE": "config.settings"}
    copy_sqlite(tmp_path / "switchboard.sqlite3")

    printed = run(["-c", PRINT], tmp_path, **environment)

    assert printed.stdout.splitlines() == [
        "max-age=31536000; includeSubDomains",
        "True True True",
        "https://hub.example.com/admin/login/",
        "401",
        "400",
    ], printed.stderr


@pytest.mark.parametrize("path", ["/admin/login/", "/health", "/docs", "/redoc", "/api/v1/me", "/nowhere"])
def test_every_answer_carries_its_policy(client: Client, path: str) -> None:
    headers = client.get(path).headers

    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert "'unsafe-inline'" not in policy["script-src"]
    assert ("'unsafe-eval'" in policy["script-src"]) == path.startswith("/admin/")
    assert ("'unsafe-inline'" in policy["style-src"]) == (path in ("/docs", "/redoc"))
    assert (policy["frame-ancestors"], policy["object-src"]) == ("'none'", "'none'")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
