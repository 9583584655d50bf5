"""The product's settings with a quick clockwork: leases of a second. No dry run and no signatures before a run."""

from snakeweb.settings import *  # noqa: F403

SNAKEWEB_RUNTIME = {
    "lease_seconds": 1.0,
    "renew_seconds": 0.25,
    "slice_seconds": 45.0,
    "poll_seconds": 0.1,
    "resend_seconds": 2.0,
    "watchdog_seconds": 0.25,
    "backoff_seconds": 0.2,
}
LEASE_SECONDS = 1.0
SNAKEWEB_MIGRATION = {"dry_run_required": False, "approval_required": False, "backup_enabled": False}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
