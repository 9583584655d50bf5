"""Doorbells of this test's own process, over a real redis-server."""

from django.test import override_settings

from migrations_app.testing.servers import RedisServer


def rings_over(server: RedisServer) -> override_settings:
    layer = {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": server.url, "socket_timeout": 15}]},
    }
    return override_settings(CHANNEL_LAYERS={"default": layer}, CELERY_BROKER_URL=server.url)
