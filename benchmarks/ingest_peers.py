"""The peers of the ingest measurement, served by the same server at the same front as the real paths.

`/bare` answers 200 and does nothing; `/orm` is the view of `benchmarks.ingest_view`.
"""

import os
import sys

from config.asgi import application as application

# isort: split
from django.urls import path

from benchmarks.ingest_view import orm
from config import front
from config.front import FrontRequest, FrontResponse
from config.supervisor.processes import process
from config.urls import urlpatterns


async def bare(request: FrontRequest) -> FrontResponse:
    return FrontResponse(200, b"{}")


front.register("/bare", bare)
urlpatterns.insert(0, path("orm", orm))


def main() -> None:
    """Become the web process with this application in the place of the real one: same server, same flags."""
    command = [
        "benchmarks.ingest_peers:application" if word == "config.asgi:application" else word
        for word in process("web").command
    ]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
