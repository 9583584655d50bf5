"""The product's settings with its own clockwork. No dry run, no signatures and no backup before a run."""

from snakeweb.settings import *  # noqa: F403

SNAKEWEB_MIGRATION = {"dry_run_required": False, "approval_required": False, "backup_enabled": False}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
