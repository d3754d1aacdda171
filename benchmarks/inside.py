"""`python -m benchmarks.inside MODULE:FUNCTION JSON`: calls a function with Django set up, prints its answer as JSON."""

import importlib
import json
import os
import sys
from typing import Any


def is_worker_there() -> bool:
    """Whether a worker has begun to run every lane of the queues that it takes."""
    from config.supervisor.processes import process
    from tenants.heartbeats import is_alive

    command = process("worker").command
    return all(
        is_alive(f"worker:{queue}")
        for queue in command[command.index("-Q") + 1].split(",")
        if queue != "upkeep"
    )


def main() -> None:
    module, _colon, function = sys.argv[1].partition(":")
    values: dict[str, Any] = json.loads(sys.argv[2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    # A worker's own scope: what is measured sees the rows of all tenants.
    from tenants.scoping import all_tenants

    with all_tenants():
        print(json.dumps(getattr(importlib.import_module(module), function)(**values)))


if __name__ == "__main__":
    main()
