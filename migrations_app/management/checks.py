"""What `manage.py check --deploy` looks at beside Django's own list."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def secret_keys_are_given(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A key that a process made for itself lies in its state directory: other machines and backups miss it."""
    if not settings.SNAKEWEB_SECRET_KEYS_GENERATED:
        return []
    return [
        Error(
            "SNAKEWEB_SECRET_KEYS is not set: the keys in use were generated on this machine.",
            hint="Credentials and backups can only be read with their keys. Set SNAKEWEB_SECRET_KEYS for every process "
            f"alike; to keep what is sealed already, start with the key in {settings.SNAKEWEB_STATE / 'secret_keys'}.",
            id="snakeweb.E001",
        )
    ]
