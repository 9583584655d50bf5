"""The product's settings with a quick clockwork, so that losing a lease takes a second and not ten."""

from snakeweb.settings import *  # noqa: F403

SNAKEWEB_RUNTIME = {
    "lease_seconds": 1.5,
    "renew_seconds": 0.4,
    "slice_seconds": 5.0,
    "poll_seconds": 0.1,
    "resend_seconds": 2.0,
    "watchdog_seconds": 0.5,
    "backoff_seconds": 0.2,
}
LEASE_SECONDS = 1.5
CELERY_BEAT_SCHEDULE = {
    name: {**entry, "schedule": 0.5}
    for name, entry in CELERY_BEAT_SCHEDULE.items()  # noqa: F405
}
