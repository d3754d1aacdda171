"""`manage.py pbx_listen`: the process that hears every exchange with a manager interface."""

import logging
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections

from config.env import DATA_DIR
from telephony.listening.identity import holder
from telephony.listening.keeper import TURN_SECONDS, Keeper

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until Ctrl-C or SIGTERM. As many as wanted may run, on as many machines: they share the exchanges."""

    help = "Listen to the manager interface of every exchange that has one."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        with holder(DATA_DIR / "run") as name:
            listen(Keeper(name), stop)


def listen(keeper: Keeper, stop: threading.Event) -> None:
    """Turn after turn until somebody says stop; without the database what listens goes on listening."""
    is_away = False
    try:
        while not stop.is_set():
            try:
                keeper.keep()
                if is_away:
                    logger.warning("the database answers again")
                is_away = False
            except (DatabaseError, InterfaceError) as error:
                if not is_away:
                    logger.error("the database does not answer: %s", error)
                is_away = True
                close_old_connections()
            except Exception:
                # This loop is all that keeps the lines: whatever goes wrong in one turn, there is a next one.
                logger.exception("unexpected error while looking after the exchanges")
                close_old_connections()
            stop.wait(TURN_SECONDS)
    finally:
        try:
            keeper.close()
        except (DatabaseError, InterfaceError) as error:
            logger.error("the database does not answer at the end: %s", error)
        close_old_connections()
