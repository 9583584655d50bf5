"""The quick clockwork of the process tests, and the hashers with which the tests make people."""

from tests.faults.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
