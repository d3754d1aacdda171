"""`manage.py simulators`: the process that keeps the simulators of the catalogue's try-outs running."""

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections

from integrations.tryouts.keeper import Keeper

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    """Runs until Ctrl-C or SIGTERM; every process of the installation has to be on this machine."""

    help = "Keep the simulators running that people ask for in the catalogue."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        watch(Keeper(), stop)


def watch(keeper: Keeper, stop: threading.Event) -> None:
    """Pass after pass until somebody says stop; without the database what runs goes on running."""
    is_away = False
    try:
        while not stop.is_set():
            try:
                keeper.keep()
                if is_away:
                    logger.info("the database answers again")
                is_away = False
            except (DatabaseError, InterfaceError) as error:
                if not is_away:
                    logger.warning("the database does not answer: %s", error)
                is_away = True
            finally:
                close_old_connections()
            stop.wait(PAUSE_SECONDS)
    finally:
        keeper.close()
