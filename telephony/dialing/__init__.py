"""Calls that we ask an exchange for: what may be called, by which words, over which way."""
