"""The ASGI application: pages and API by Django, `/ws/live/` by Channels."""

import os

import django
from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from snakeweb.trusted_proxies import TrustedProxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snakeweb.settings")
django.setup(set_prefix=False)

from migrations_app.live.routing import live_application  # noqa: E402  models load only after django.setup()
from migrations_app.runtime.turns import take_short_turns  # noqa: E402
from migrations_app.web.body_limit import bound_requests  # noqa: E402
from migrations_app.web.draining import drain_at_the_end  # noqa: E402

take_short_turns()
bound_requests()
drain_at_the_end()

application = TrustedProxies(
    ProtocolTypeRouter({"http": ASGIHandler(), "websocket": live_application()}), settings.SNAKEWEB_TRUSTED_PROXIES
)
