"""`manage.py rotate_keys`: seals everything anew with the newest key, online; afterwards the old keys can go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import keyring
from config.env import new_encryption_key
from tenants import audit
from tenants.audit import Actor, acting
from tenants.rotation import BATCH, columns, keys_in_use, rotate
from tenants.scoping import all_tenants


class Command(BaseCommand):
    help = "Seal every encrypted value anew with the newest key. It may be interrupted and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-key", action="store_true", help="only print a fresh key for ENCRYPTION_KEYS"
        )
        parser.add_argument("--status", action="store_true", help="only say which keys are in use")
        parser.add_argument("--batch", type=int, default=BATCH, help="rows read at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            self.stdout.write(new_encryption_key())
        elif options["status"]:
            self._status()
        else:
            self._rotate(max(1, options["batch"]))

    def _status(self) -> None:
        newest = keyring.ring().newest_id
        for key_id, count in sorted(keys_in_use().items()):
            note = (
                " (newest)"
                if key_id == newest
                else ""
                if keyring.ring().has(key_id)
                else " (not in the ring!)"
            )
            self.stdout.write(f"{key_id}{note}: {count} values")

    def _rotate(self, batch: int) -> None:
        total = unreadable = 0
        for column in columns():
            done = 0
            progress = None
            for progress in rotate(column, batch):
                done = progress.done
                self.stdout.write(f"{column.name}: {done}")
            total += done
            unreadable += progress.unreadable if progress else 0
        with all_tenants(), acting(Actor("manage.py rotate_keys")):
            audit.record("encryption.rotated", after={"key": keyring.ring().newest_id, "values": total})
        self.stdout.write(f"{total} value(s) sealed anew with {keyring.ring().newest_id}.")
        if unreadable:
            raise CommandError(
                f"{unreadable} value(s) are opened by no key of the ring and stay as they are; keep the old keys."
            )
        old = sorted(set(keys_in_use()) - {keyring.ring().newest_id})
        if old:
            raise CommandError(
                f"still in use: {', '.join(old)}. A process seals with an older key; restart it, run again."
            )
        self.stdout.write(self.style.SUCCESS("The older keys are no longer needed."))
