"""The rows of this room that can be exported; each module registers its own."""

from integrations.datasets import records, runs, settings

# Which of these can be imported; they name datasets that are declared above.
from integrations import importing  # isort: skip

__all__ = ["importing", "records", "runs", "settings"]
