"""`manage.py run`: everything on this machine, until Ctrl-C."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from migrations_app.demo.installation import configured_installation
from migrations_app.demo.processes import ProcessFailed


class Command(BaseCommand):
    help = "Run web, dispatcher and workers on this machine; a private broker too when SNAKEWEB_REDIS_URL is not set."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port of the web process (8000)")
        parser.add_argument("--workers", type=int, default=1, help="worker processes to start (1)")

    def handle(self, *args: Any, **options: Any) -> None:
        leave = threading.Event()
        for how in (signal.SIGINT, signal.SIGTERM):
            signal.signal(how, lambda *_: leave.set())
        try:
            with configured_installation(settings.SNAKEWEB_STATE, options["port"]) as installation:
                installation.prepare_database()
                web = installation.start_web()
                installation.start_dispatcher()
                installation.start_beat()
                for number in range(1, options["workers"] + 1):
                    installation.start_worker(number)
                installation.wait_until_ready(web)
                self.stdout.write(f"Snakeweb is at {installation.url} (Ctrl-C stops it)")
                self.stdout.write(f"Logs are in {installation.processes.directory / 'logs'}")
                while not leave.wait(1.0):
                    for process in installation.processes.ended():
                        raise ProcessFailed(process.how_it_ended)
        except ProcessFailed as error:
            raise CommandError(str(error)) from error
