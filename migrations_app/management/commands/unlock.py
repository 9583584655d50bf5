"""`manage.py unlock NAME`: lift the locks of an account from the machine itself, when nobody can sign in to do it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from migrations_app.models import Person
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import lockouts
from migrations_app.services.actor import SYSTEM


class Command(BaseCommand):
    help = "Lift what too many wrong passwords or codes have locked of one account. It is written to the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"Nobody has the user name {options['username']}; nothing was changed.")
        lifted = lockouts.lift_all(actor=SYSTEM, now=SystemClock().now(), person_id=person.pk)
        self.stdout.write(f"locks and counts lifted: {lifted}")
