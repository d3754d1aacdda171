"""`python -m tests.asterisk.root`: a Debian below a folder, with Asterisk in it; made once, used by every run.

ASTERISK_ROOT names the folder (by default `switchboard/asterisk` in the user's cache, for all checkouts). It is made by debootstrap, which
needs root: the Debian that most machines run has no Asterisk any more, the one before it has.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SUITE = "bullseye"
PACKAGES = ("asterisk", "ca-certificates")
# Written last: a root without it was interrupted, and is made anew.
DONE = ".asterisk-is-there"


class Impossible(Exception):
    """Asterisk cannot be installed here; says why, and what to do."""


def folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ASTERISK_ROOT") or Path(cache) / "switchboard" / "asterisk").resolve()


def is_installed() -> bool:
    return (folder() / DONE).exists()


def install() -> Path:
    """The root, made now if there is none. Minutes the first time, nothing afterwards."""
    root = folder()
    if is_installed():
        if os.getuid() != 0:
            raise Impossible(
                "The tests at a real Asterisk start it below another root, which only root may (chroot)."
            )
        return root
    _require_debootstrap()
    print(f"Installing Asterisk below {root}: some minutes, once…", file=sys.stderr, flush=True)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    command = [
        "debootstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        SUITE,
        str(root),
        _mirror(),
    ]
    said = root.with_suffix(".log")
    # RUNLEVEL: it is to be unpacked, not started.
    environment = os.environ | {"RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    with said.open("wb") as log:
        done = subprocess.run(command, env=environment, check=False, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Impossible(f"debootstrap failed ({done.returncode}); see {said}.")
    for packages in root.glob("var/cache/apt/archives/*.deb"):
        packages.unlink()
    (root / DONE).touch()
    return root


def _require_debootstrap() -> None:
    if os.getuid() != 0:
        raise Impossible(
            "Asterisk is installed into a folder of its own by debootstrap, which only root may run."
        )
    if shutil.which("debootstrap"):
        return
    if not shutil.which("apt-get"):
        raise Impossible(
            "This machine has neither debootstrap nor apt-get: install debootstrap, or run this on Debian."
        )
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "debootstrap"]):
        done = subprocess.run(["apt-get", *command], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, check=False, stdout=sys.stderr)  # fmt: skip
        if done.returncode != 0:
            raise Impossible("debootstrap cannot be installed here: apt-get failed.")


def _mirror() -> str:
    """That of the machine itself, which may be a company's own."""
    for path in (*Path("/etc/apt/sources.list.d").glob("*.sources"), Path("/etc/apt/sources.list")):
        for line in path.read_text().splitlines() if path.exists() else ():
            words = line.split()
            address = next((word for word in words if word.startswith(("http://", "https://"))), "")
            if address and "debian" in address and "security" not in address and not line.startswith("#"):
                return address
    return "http://deb.debian.org/debian"


def main() -> int:
    try:
        print(install())
    except Impossible as error:
        print(error, file=sys.stderr)
        return 75  # as sysexits.h says it: not now, not here
    return 0


if __name__ == "__main__":
    sys.exit(main())
