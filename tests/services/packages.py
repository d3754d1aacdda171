"""Finds the programs that tests need, installs them where that is allowed, else says what to install."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, and where the program that we need of it may be."""

    name: str
    program: str
    folders: tuple[str, ...] = ()

    def find(self) -> str | None:
        path = shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin:/usr/local/sbin")
        if path and not self.folders:
            return path
        for pattern in self.folders:
            found = sorted(Path("/").glob(f"{pattern}/{self.program}"), key=lambda path: path.parts)
            if found:
                return str(found[-1])
        return path

    @property
    def path(self) -> str:
        path = self.find()
        if path is None:
            raise FileNotFoundError(self.program)
        return path


POSTGRES = Package("postgresql", "initdb", ("usr/lib/postgresql/*/bin",))
RABBITMQ = Package("rabbitmq-server", "rabbitmq-server", ("usr/lib/rabbitmq/bin",))
REDIS = Package("redis-server", "redis-server")
MARIADB = Package("mariadb-server", "mariadbd", ("usr/sbin",))
CHROMIUM = Package("chromium", "chromium")
GETTEXT = Package("gettext", "xgettext")
# A real one, at which it is seen what arrives.
SSHD = Package("openssh-server", "sshd")
# Opens the files of exports as a person's does.
LIBREOFFICE = Package("libreoffice-calc-nogui", "soffice", ("usr/lib/libreoffice/program",))
# The programs that endpoints' owners are given are run in their languages.
INTERPRETERS = (Package("nodejs", "node"), Package("php-cli", "php"), Package("golang-go", "go"))


class Missing(Exception):
    """Programs that are not there and that we may not install."""


def require(packages: Iterable[Package]) -> None:
    missing = [package for package in packages if package.find() is None]
    if not missing:
        return
    names = " ".join(package.name for package in missing)
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise Missing(
            f"The tests need these programs. Install them and run this again:\n    sudo apt-get install {names}"
        )
    print(f"Installing {names}…", flush=True)
    # RUNLEVEL=1: their system-wide services are not started, we run our own.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *names.split()]):
        subprocess.run(["apt-get", *command], env=environment, check=True, stdout=sys.stderr)
    still_missing = [package.name for package in missing if package.find() is None]
    if still_missing:
        raise Missing(f"Installed, but not found: {' '.join(still_missing)}")
