"""A quick clockwork, in which nothing but a dead driver makes a watchdog take over: work comes by the broker."""

from tests.faults.settings import *  # noqa: F403

SNAKEWEB_RUNTIME = {**SNAKEWEB_RUNTIME, "resend_seconds": 60.0}  # noqa: F405
