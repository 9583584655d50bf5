"""`manage.py start_handler NAME`: the package of a new migration type, to be changed into what you need.

It can be installed as it is, and its tests pass. Without any server or database. Exit status 1: nothing was written.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from migrations_app.management.scaffolding import CannotScaffold, names_of, write


class Command(BaseCommand):
    help = "Make the package of a new migration type: a handler that works, and tests that pass."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what plans call it, as rotate_key: small letters, digits and “_”")
        parser.add_argument(
            "--directory", type=Path, default=Path(), help="where the package's directory is made; here if not given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            place = write(names_of(options["name"]), options["directory"])
        except CannotScaffold as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Made {place}. Test it:\n\n    cd {place} && python -m pytest\n\nIts README.md says more.")
