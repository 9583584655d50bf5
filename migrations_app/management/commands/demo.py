"""`manage.py demo`: see docs and README; `--seed-only` only fills the configured database."""

import json
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from migrations_app.demo import seeding
from migrations_app.demo.browser import DoorClosed
from migrations_app.demo.deployment import Deployment
from migrations_app.demo.directory import DirectoryInUse, own_directory
from migrations_app.demo.journey import JourneyFailed
from migrations_app.demo.processes import ProcessFailed
from migrations_app.demo.show import Show, Wishes, is_checkout
from migrations_app.demo.stories_on_stage import RunTookTooLong
from migrations_app.demo.terminal import Terminal
from migrations_app.testing.servers import ServerNotStarted


class Command(BaseCommand):
    help = "Start an example deployment under traffic, really migrate its sessions, then leave the pages up."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--exit", action="store_true", help="stop after the run; the status tells how it went")
        parser.add_argument("--corrupt", action="store_true", help="flip a byte on the target before verification")
        parser.add_argument("--port", type=int, default=0, help="port of the pages (the first free one from 8000)")
        parser.add_argument("--directory", type=Path, default=Path(".demo"), help="where everything is kept (.demo)")
        parser.add_argument("--seed-only", action="store_true", help="only fill the configured, migrated database")
        parser.add_argument("--deployment", type=Path, help="with --seed-only: a description of live stores")
        parser.add_argument("--play", action="store_true", help="with workers up: run some of the seeded migrations")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seed_only"]:
            self._seed(options["deployment"])
        elif options["play"]:
            self._play()
        else:
            self._show(options)

    def _seed(self, deployment: Path | None) -> None:
        if not settings.SNAKEWEB_FILE_ROOTS:
            raise CommandError(
                "The example stores are SQLite files, and SNAKEWEB_FILE_ROOTS names no directory for them; nothing was "
                "added. Set it to a directory that web and workers share."
            )
        try:
            seeded = seeding.seed(
                settings.SNAKEWEB_FILE_ROOTS[0] / "example", Deployment.read(deployment) if deployment else None
            )
        except seeding.NotEmpty as error:
            raise CommandError(str(seeding.NotEmpty.__doc__)) from error
        self.stdout.write(json.dumps({"migrations": seeded.migrations, "route_token": seeded.route_token}))

    def _play(self) -> None:
        try:
            self.stdout.write(json.dumps({"migrations": seeding.play()}))
        except RunTookTooLong as error:
            raise CommandError(str(error)) from error

    def _show(self, options: dict[str, Any]) -> None:
        if not is_checkout():
            raise CommandError("The demo needs the source tree: its example deployment is not part of the package.")
        leave = threading.Event()

        def interrupted(*_: object) -> None:
            leave.set()
            raise KeyboardInterrupt

        for how in (signal.SIGINT, signal.SIGTERM):
            signal.signal(how, interrupted)
        try:
            with own_directory(options["directory"].resolve()) as directory:
                wishes = Wishes(directory, options["port"], options["exit"], options["corrupt"])
                status = Show(wishes, Terminal(), leave).play()
        except (DirectoryInUse, ProcessFailed, DoorClosed, JourneyFailed, ServerNotStarted) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped; every process of the demo has ended.")
            return
        if status:
            raise CommandError("The demo's migration did not end verified; see above.", returncode=status)
