"""`manage.py hold_runs`: pause every run that goes forward, before workers are started on a restored database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from migrations_app.engine.vocabulary import FINAL_RUN_STATES, Signal
from migrations_app.models import Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import runs
from migrations_app.services.actor import SYSTEM
from migrations_app.services.errors import Refused


class Command(BaseCommand):
    help = (
        "Pause every run that goes forward, as a person would one by one; somebody resumes each when it was looked at. "
        "For a database that was restored: what it holds may be older than what the targets have seen. "
        "Exit status 1: some live runs cannot be paused (a rollback goes on to its end); they are named."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        left, live = 0, Run.objects.exclude(state__in=FINAL_RUN_STATES).order_by("pk")
        if not live:
            self.stdout.write("No run is under way: nothing to hold.")
        for run in live:
            what = f"run {run.pk} ({run.kind} of migration {run.migration_id}, {run.state})"
            if run.signal == Signal.PAUSE:
                self.stdout.write(f"{what}: is held already")
                continue
            try:
                runs.pause(actor=SYSTEM, now=SystemClock().now(), run_id=run.pk)
            except Refused as refused:
                left += 1
                self.stderr.write(f"{what}: not held. {refused.message} {refused.fix}")
            else:
                self.stdout.write(f"{what}: held")
        if left:
            sys.exit(1)
