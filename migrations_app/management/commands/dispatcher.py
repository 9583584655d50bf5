"""`manage.py dispatcher`: hands committed work to the broker until it is told to stop."""

import signal
import threading
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand

from migrations_app.runtime import composition
from migrations_app.runtime.dispatcher import Dispatcher
from migrations_app.services import (
    alert_watch,
    audit_exports,
    deliveries,
    report_files,
    retention,
    review_notices,
    reviews,
    routes,
    sessions,
    sign_on_answers,
)


class Command(BaseCommand):
    help = "Hand committed work to the workers. Run at least one; of several, one leads and the others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Dispatching. Stop with Ctrl-C.")
        self.stdout.flush()
        chores = (
            lambda now: reviews.expire_due(now=now),
            lambda now: review_notices.warn_due(now=now),
            lambda now: retention.delete_expired(now=now),
            lambda now: routes.forget_silent(now=now),
            lambda now: deliveries.forget_old(now=now),
            lambda now: audit_exports.remove_old(now=now),
            lambda now: report_files.remove_old(now=now),
            lambda now: sign_on_answers.forget_old(now=now),
            lambda _: sessions.forget_expired(),
            lambda now: alert_watch.watch(now=now),
        )
        Dispatcher(composition.clock(), composition.run_settings(), current_app, chores).run(stop)
