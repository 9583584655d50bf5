"""`manage.py verify_audit`: read the whole audit chain and prove that nothing was changed."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from migrations_app.runtime.clock import SystemClock
from migrations_app.services import audit


class Command(BaseCommand):
    help = "Verify the audit chain. Prints the number of entries and the head; exit status 1 when the chain is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        verified = audit.verify_chain(now=SystemClock().now())
        self.stdout.write(f"entries: {verified.entries}")
        self.stdout.write(f"head: {verified.head}")
        if not verified.ok:
            self.stderr.write(
                f"The audit chain is broken. {verified.problem} "
                f"The {verified.entries} entries before it are intact; nothing was changed by this check. "
                "Compare with an export or a backup to find what was altered."
            )
            sys.exit(1)
        self.stdout.write("The chain is intact.")
