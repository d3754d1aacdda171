"""Prepares the installation and runs all of it until Ctrl-C; `make run` is this."""

import os
import signal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, get_commands
from django.db import connections

from config.env import BASE_DIR, DATA_DIR, PORT
from config.supervisor import demo, instance, processes, supervisord, terminal, trouble, words
from config.supervisor.plan import Plan
from config.supervisor.preparation import prepare, prepare_demo
from config.supervisor.translations import compile_catalogues


class Command(BaseCommand):
    help = "Prepare the installation and run all of its processes until Ctrl-C."
    requires_system_checks = ()  # some of them need a migrated database; prepare() comes first

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with trouble.explained():
                self._serve()
        except instance.Occupied as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise SystemExit(128 + signal.SIGINT) from None

    def _serve(self) -> None:
        compile_catalogues(
            settings.LOCALE_PATHS
        )  # what may go wrong at once is said in the right language, too
        lock = instance.lock(DATA_DIR)
        instance.require_free(processes.host(), PORT, "PORT")
        prepare(self._say)
        prepare_demo(self._say)
        plan_path = DATA_DIR / "run" / "serve.json"
        self._plan(lock).save(plan_path)
        connections.close_all()
        os.chdir(BASE_DIR)
        environment = os.environ | demo.environment()
        command = terminal.command(plan_path)
        os.set_inheritable(lock, True)
        os.execve(command[0], command, environment)  # noqa: S606 the same process goes on, without Django's memory

    def _plan(self, lock: int) -> Plan:
        tree = self._processes()
        names = [*(process.name for process in tree), "supervisor"]
        return Plan(
            configuration=str(supervisord.write(DATA_DIR, tree)),
            logs={name: str(supervisord.log_path(DATA_DIR, name)) for name in names},
            host=processes.host(),
            port=PORT,
            public_host=urlsplit(settings.PUBLIC_URL).netloc,
            words=words.spoken(),
            lock=lock,
        )

    def _processes(self) -> list[processes.Process]:
        tree = [processes.supervised(role) for role in processes.ROLES]
        note = demo.note()
        if note and "simulate" in get_commands():
            for system, port in demo.simulator_ports().items():
                instance.require_free("127.0.0.1", port, f"{system}, PORT + {port - PORT}")
                tree.append(processes.simulator(system, port, note.arguments.get(system, ())))
        if demo.has_tryouts() and "simulators" in get_commands():
            tree.append(processes.simulators())
        return tree

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
