"""LibreOffice without a screen: what it makes of a file, by converting it."""

import subprocess
from pathlib import Path

import pytest

from tests.services.packages import LIBREOFFICE

SECONDS = 120
# Comma, quotes, UTF-8 (76), from the first line.
CSV = "44,34,76,1"
# The same out: every text in quotes, cells as they are stored rather than as they look.
CSV_OUT = f"csv:Text - txt - csv (StarCalc):{CSV},,0,true,false,false"


def convert(source: Path, target: str, reads: str = "") -> Path:
    """The converted file beside its source; `target` is an ending with LibreOffice's filter, `reads` how it is to take the source."""
    program = LIBREOFFICE.find()
    if program is None:
        pytest.fail(
            f"No LibreOffice. Install it (apt-get install {LIBREOFFICE.name}) or run `make test`.",
            pytrace=False,
        )
    folder = source.parent / f"converted-{source.suffix[1:]}"
    command = [
        program, "--headless", "--norestore", f"-env:UserInstallation={(source.parent / 'office').as_uri()}",
        *([f"--infilter={reads}"] if reads else []), "--convert-to", target, "--outdir", str(folder), str(source),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    made = folder / f"{source.stem}.{target.partition(':')[0]}"
    assert made.exists(), f"{done.stdout}\n{done.stderr}"
    return made
