"""The Django project: settings, URLs, and what Celery and an ASGI server load."""

import gc

# Starting makes a million objects that stay. Looking for cycles among them over and over is a quarter of the start, so
# it begins when Django is set up (`migrations_app.apps`).
gc.disable()

from snakeweb.celery import app as celery_app  # noqa: E402  what it imports is part of the start

__all__ = ["celery_app"]
