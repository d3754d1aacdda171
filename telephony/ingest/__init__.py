"""From the exchange's raw bytes to one committed row: parsing, the token table, the group commit, the handlers."""
