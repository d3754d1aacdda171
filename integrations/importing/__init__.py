"""Files of this room's data: which rows they mean, and how they are written."""

from integrations.importing import endpoints, mappings, records  # noqa: F401 they register themselves
