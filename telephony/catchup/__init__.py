"""Catching up: what the exchange wrote into its own call records is read, so that no call is missing after an outage."""
