"""What a line is called. Pure."""

from integrations.phones import to_e164

LONGEST = 100


def line_name(did: str, trunk: str, region: str) -> str:
    """The outside number in E.164, else as the exchange says it, else the trunk's name; empty when it says neither."""
    said = did.strip()
    return (to_e164(said, region) or said or trunk.strip())[:LONGEST]
