"""Reads the environment (and `.env`): every name that an operator may set, in one place.

The embedded mode needs none of them: secrets that are not given are generated into DATA_DIR once.
"""

import getpass
import gettext
import json
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import environ

from config.keys import find_keys, read_keys

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

PORT: int = env.int("PORT", default=8081)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().resolve()


def _(text: str) -> str:
    """Before there are settings, Django translates nothing."""
    language = env.str("LANGUAGE_CODE", default="ru")
    return gettext.translation("django", BASE_DIR / "locale", [language], fallback=True).gettext(text)


def unusable(error: Exception, translated: Callable[[str], str]) -> str:
    """What to do when nothing can be written below DATA_DIR."""
    words = translated(
        "Switchboard cannot keep its data in %(folder)s: %(reason)s. Make room there, let the user %(user)s write there,"
        " or name another folder in DATA_DIR."
    )
    reason = getattr(error, "strerror", None) or error
    return words % {"folder": DATA_DIR, "reason": reason, "user": _user()}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # one without a name
        return str(os.getuid())


class Secrets(TypedDict):
    secret_key: str
    encryption_keys: str


def new_encryption_key() -> str:
    """A fresh key for the ring: `<id>:<32 random bytes as url-safe base64>`."""
    return f"k{secrets.token_hex(4)}:{urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def stored_secrets() -> Secrets:
    """The installation's own secrets below DATA_DIR, created at the first start (mode 0600)."""
    path = DATA_DIR / "secrets.json"
    try:
        if not path.exists():
            _create_secrets(path)
        loaded: Secrets = json.loads(path.read_text())
    except OSError as error:
        raise SystemExit(unusable(error, _)) from error
    return loaded


def _create_secrets(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Secrets(secret_key=secrets.token_urlsafe(50), encryption_keys=new_encryption_key())
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(fresh))
    try:
        # A hard link fails when another process was first: then its secrets count, not ours.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


SECRET_KEY: str = env.str("SECRET_KEY", default="") or stored_secrets()["secret_key"]
ENCRYPTION_KEYS: list[str] = find_keys(
    env.str("ENCRYPTION_KEYS", default=""),
    env.str("ENCRYPTION_KEYS_FILE", default=""),
    env.str("ENCRYPTION_KEYS_COMMAND", default=""),
) or read_keys(stored_secrets()["encryption_keys"])
