"""`manage.py rotate_secrets`: everything that is sealed goes under the first of SNAKEWEB_SECRET_KEYS."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.sealed_places import CLEAR, PLACES, Holding, holdings
from migrations_app.services import secret_rotation
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import Refused

_MOVED = {place.name for place in PLACES}
_BY_THEMSELVES = {
    "API tokens": "each goes over at its next use; after that key is gone a token that was not used is refused",
    "artifacts": "backups and reports are read under it until their retention ends; keep the key until then",
    "audit checkpoints": "they stay; put the public key in SNAKEWEB_AUDIT_PUBLIC_KEYS before the key goes",
}


class Command(BaseCommand):
    help = (
        "Bring stored credentials and second factors under the first of SNAKEWEB_SECRET_KEYS. May be "
        "stopped anywhere and run again. Exit status 1: no listed key opens some of them, which are named and stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say how many each key holds; nothing is changed")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._say(holdings())
            return
        moved = 0
        unreadable: list[str] = []
        try:
            for batch in secret_rotation.rotate(actor=SYSTEM, now=SystemClock().now()):
                moved += batch.moved
                unreadable += batch.unreadable
                self.stdout.write(f"{batch.place}: {batch.seen} looked at, {batch.moved} moved")
        except Refused as refused:
            raise CommandError(f"{refused.message} {refused.fix}") from refused
        self.stdout.write(f"{moved} moved to the first key.")
        for one in unreadable:
            self.stderr.write(f"Not moved: {one}")
        if unreadable:
            self.stderr.write(
                f"{len(unreadable)} could not be opened and stay as they are. Put their keys back into "
                "SNAKEWEB_SECRET_KEYS and run this again, or enter those secrets anew."
            )
            sys.exit(1)

    def _say(self, held: Iterable[Holding]) -> None:
        left = lost = 0
        for one in held:
            self.stdout.write(f"{_called(one)}: {_counted(one)}")
            if one.position != 1:
                left += sum(count for what, count in one.counts.items() if what in _MOVED)
            lost += sum(one.counts.get(what, 0) for what in _MOVED) if not one.position and one.key_id != CLEAR else 0
            if one.position > 1:
                for what in sorted(_BY_THEMSELVES.keys() & one.counts.keys()):
                    self.stdout.write(f"  {what}: {_BY_THEMSELVES[what]}.")
        self.stdout.write(f"{left} to move with manage.py rotate_secrets.")
        if lost:
            self.stderr.write(f"{lost} are under keys that are not in SNAKEWEB_SECRET_KEYS; rotate_secrets names them.")
            sys.exit(1)


def _called(one: Holding) -> str:
    if one.key_id == CLEAR:
        return "not sealed, or not of this system"
    place = f"key {one.position}" if one.position else "not in SNAKEWEB_SECRET_KEYS"
    return f"{one.key_id} ({place})"


def _counted(one: Holding) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(one.counts.items())) or "nothing"
