"""`manage.py verify_audit`: read the whole audit chain and prove that nothing was changed."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from migrations_app.runtime.audit_check import Outside
from migrations_app.runtime.checkpoint_places import PlaceUnusable, place_at
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import proving


class Command(BaseCommand):
    help = "Verify the audit chain. Prints the number of entries and the head; exit status 1 when the chain is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoints",
            metavar="DIRECTORY",
            type=Path,
            help="compare with the signed checkpoints in this directory too, beside those of the configured places",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verified = proving.verify_chain(now=SystemClock().now(), known=_known(options["checkpoints"]))
        self.stdout.write(f"entries: {verified.entries}")
        self.stdout.write(f"head: {verified.head}")
        self.stdout.write(f"sealed through: {verified.sealed_through}")
        if not verified.ok:
            self.stderr.write(
                f"The audit chain is broken ({verified.damage}). {verified.problem} "
                f"The {verified.entries} entries before it are intact; nothing was changed by this check. "
                "Compare with an export or a backup to find what was altered."
            )
            sys.exit(1)
        self.stdout.write("The chain is intact.")


def _known(directory: Path | None) -> Outside:
    if directory is None:
        return {}
    try:
        place = place_at(directory.resolve().as_uri())
        return {place.name: place.read() or {}}
    except PlaceUnusable as error:
        raise CommandError(str(error)) from error
