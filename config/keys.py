"""Where the encryption keys come from: the environment, a file, a command, else the installation's own secrets.

All three forms read alike: keys `<id>:<32 bytes as url-safe base64>`, newest first, separated by commas or line ends.
"""

import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

COMMAND_SECONDS = 30


def read_keys(text: str) -> list[str]:
    """The keys of a text; lines that begin with # are notes."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [key for key in re.split(r"[,\s]+", "\n".join(lines)) if key]


def find_keys(in_environment: str, file: str, command: str) -> list[str]:
    """The keys that the operator gave in one of the three ways; empty when in none of them."""
    given = [name for name, value in _ways(in_environment, file, command) if value]
    if len(given) > 1:
        raise ImproperlyConfigured(f"{' and '.join(given)} are set; one of them is enough")
    if file:
        return _required(_from_file(Path(file)), "ENCRYPTION_KEYS_FILE")
    if command:
        return _required(_from_command(shlex.split(command)), "ENCRYPTION_KEYS_COMMAND")
    return read_keys(in_environment)


def _ways(*values: str) -> list[tuple[str, str]]:
    names = ("ENCRYPTION_KEYS", "ENCRYPTION_KEYS_FILE", "ENCRYPTION_KEYS_COMMAND")
    return list(zip(names, values, strict=True))


def _from_file(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS_FILE cannot be read: {error}") from error


def _from_command(arguments: Sequence[str]) -> str:
    """What the command prints. It is the operator's own, run without a shell; its errors never show what it printed."""
    try:
        done = subprocess.run(  # noqa: S603 the operator's command
            list(arguments), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = (
            error.returncode if isinstance(error, subprocess.CalledProcessError) else type(error).__name__
        )
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS_COMMAND failed: {reason}") from None
    return done.stdout


def _required(text: str, name: str) -> list[str]:
    keys = read_keys(text)
    if not keys:
        raise ImproperlyConfigured(f"{name} gives no key")
    return keys
