"""Begins a connector's folder as a copy of `_skeleton`, under its own names."""

import keyword
import re
import shutil
from pathlib import Path
from typing import Final

SKELETON: Final = "_skeleton"
FOLDER: Final = Path(__file__).parent / SKELETON
CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME: Final = re.compile(r"\w[\w .-]*")
LONGEST: Final = 30
"""Of codes: as long as the database keeps."""
RESERVED: Final = frozenset(("tests", "beginning", "all"))


class BadName(ValueError):
    """A code that cannot be a folder's name, or that is taken."""


def begin(connectors: Path, code: str, name: str) -> Path:
    """The new folder below `connectors`; BadName says what is wrong with its code or name."""
    if not CODE.fullmatch(code) or len(code) > LONGEST or keyword.iskeyword(code) or code in RESERVED:
        raise BadName(
            f"{code!r} cannot be a code: small letters and digits, words joined by _, at most {LONGEST}."
        )
    if not NAME.fullmatch(name):
        raise BadName(f"{name!r} cannot be a name: it goes into texts and code.")
    folder = connectors / code
    if folder.exists():
        raise BadName(f"There is {folder} already.")
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo":
            _copy(path, folder / path.relative_to(FOLDER), code, name)
    return folder


def _copy(path: Path, target: Path, code: str, name: str) -> None:
    # Under its own name it would be collected here, where no such connector is known.
    target = target.with_name("test_contract.py") if target.name == "contract.py" else target
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(renamed(path.read_text("utf-8"), code, name), "utf-8")
    shutil.copymode(path, target)


def renamed(text: str, code: str, name: str) -> str:
    """Classes get the code's name, texts that of the system."""
    class_name = "".join(part.capitalize() for part in code.split("_"))
    text = re.sub(r"\bSkeleton(?=[A-Z])", class_name, text.replace(SKELETON, code))
    return re.sub(r"\bSkeleton\b", name, text)
