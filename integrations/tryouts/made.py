"""A simulator as it is made when nobody gives options, and what is entered to connect it."""

from argparse import ArgumentParser
from typing import Any

from integrations.connectors import get as get_connector
from integrations.models.tryout import HOST
from integrations.simulators import discover
from tenants.simulation import BaseSimulator


def made(code: str, port: int, host: str = HOST) -> BaseSimulator:
    """Not listening yet."""
    kind = discover()[code]
    parser = ArgumentParser()
    kind.add_arguments(parser)
    return kind.from_options({**vars(parser.parse_args([])), "host": host, "port": port})


def entered(code: str, port: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and credentials with which the connector reaches the simulator on that port."""
    values = made(code, port).how_to_connect() | discover()[code].described()
    secret = {one.name for one in get_connector(code).manifest.credentials}
    return (
        {name: value for name, value in values.items() if name not in secret},
        {name: value for name, value in values.items() if name in secret},
    )
