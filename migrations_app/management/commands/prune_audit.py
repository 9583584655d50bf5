"""`manage.py prune_audit`: write the oldest part of the audit trail to a file, verify the file, and remove the part."""

import argparse
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from migrations_app.proofs.export import ExportDamaged, verify
from migrations_app.runtime import sealing
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import audit_retention, exporting, proving
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import Refused


class Command(BaseCommand):
    help = (
        "Remove audit entries from before a day, whole sealed segments only. They are written to a file first, with "
        "their proofs; nothing is removed unless the chain and that file verify."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", type=_day, required=True, metavar="YYYY-MM-DD", help="the first day to keep (UTC)"
        )
        parser.add_argument("--export", type=Path, required=True, metavar="FILE", help="where the entries are kept")

    def handle(self, *args: Any, **options: Any) -> None:
        now, file = SystemClock().now(), options["export"]
        part = audit_retention.removable(options["before"])
        if part is None:
            self.stdout.write("There is no sealed segment that is older as a whole; nothing was removed.")
            return
        verified = proving.verify_chain(now=now)
        if not verified.ok:
            raise CommandError(f"The chain is broken ({verified.damage}). {verified.problem} Nothing was removed.")
        digest = _kept(file, part, now)
        try:
            removed = audit_retention.remove_entries(actor=SYSTEM, now=now, part=part, kept_in=file.name, sha256=digest)
        except Refused as refused:
            raise CommandError(f"{refused} {refused.fix}") from refused
        self.stdout.write(f"{removed:,} entries removed, {part.first} to {part.last}. They are kept in {file}.")


def _kept(file: Path, part: audit_retention.Removable, now: datetime) -> str:
    """Write and read again. Returns the file's SHA-256."""
    total = hashlib.sha256()
    try:
        with file.open("xb") as written:
            for line in exporting.part(first=part.first, last=part.last, at=now, by=SYSTEM.username):
                total.update(line)
                written.write(line)
        with file.open("rb") as again:
            check = verify(again, sealing.trusted_keys())
    except (OSError, ExportDamaged) as error:
        raise CommandError(f"{file} could not be written as it should be: {error}. Nothing was removed.") from error
    if (check.first, check.last, check.whole, check.unproven) != (part.first, part.last, True, 0):
        raise CommandError(f"{file} does not hold entries {part.first} to {part.last}, proven. Nothing was removed.")
    return total.hexdigest()


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no day; write it as 2026-01-31") from None
