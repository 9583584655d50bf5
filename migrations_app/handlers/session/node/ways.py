"""By which way a node's forwarder reaches the new store, and what has to be there for it before callers wait.

Redis is spoken to directly, as a client of the route with a fence of its own: where the sessions go on from there, its
writes are refused and do not get lost. Every other store is reached through a gateway, which follows the route.
"""

import json
from collections.abc import Mapping
from typing import Any

from migrations_app.beam import code
from migrations_app.engine.handler import ActionContext, Spec
from migrations_app.engine.plan import Target
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import GATEWAY, SOURCE, TARGET
from migrations_app.handlers.session.zero_downtime.publishing import document_of
from migrations_app.routing.phases import PHASES
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.routed.redis.lending import settings_of, why_not_lent
from migrations_app.stores.sessions.beam.hand_over import Way

GATEWAY_TOKEN = "gateway_token"  # noqa: S105 - the credential's name
PHASE_RULES = {str(phase).encode(): (int(rule.journaled), rule.may_write) for phase, rule in PHASES.items()}


def why_gateway(spec: Spec) -> str:
    """Why the forwarder needs a gateway, as a sentence; '' when it speaks to the store itself."""
    return _why_gateway(spec.targets[TARGET], spec.parameters)


def _why_gateway(target: Target, parameters: Mapping[str, Any]) -> str:
    if parameters.get("forward_by") == GATEWAY:
        return "The plan says so."
    why = why_not_lent(target.config)
    return f"“{target.name}” {why}." if why else ""


def ways_of(ctx: ActionContext) -> list[Way]:
    """What serves comes first. The gateway, where there is one, is also for the time after the store has moved on."""
    gateway = _gateway_of(ctx.targets[SOURCE])
    if _why_gateway(ctx.targets[TARGET], ctx.parameters):
        return [gateway]
    return [_redis_of(ctx), *([gateway] if gateway.settings["url"] else [])]


def _gateway_of(node: Target) -> Way:
    url = str(node.config.get("gateway", "")).rstrip("/")
    return Way(code.GATEWAY, f"the gateway at {url}", {"url": url, "token": node.secrets.get(GATEWAY_TOKEN, "")})


def _redis_of(ctx: ActionContext) -> Way:
    target = ctx.targets[TARGET]
    settings = settings_of(target.config, target.secrets)
    guard = {"store": target.name, "epoch": route.current(ctx).epoch, "phases": PHASE_RULES}
    return Way(code.REDIS, f"Redis at {settings['host']}:{settings['port']}", {**settings, **guard})


def fence(ctx: ActionContext) -> None:
    """Let a store that is spoken to directly join the route as it is now. Repeatable."""
    target = ctx.targets[TARGET]
    if _why_gateway(target, ctx.parameters):
        return
    record = route.current(ctx)
    with open_routed(target.config, target.secrets) as store:
        store.sessions.raise_worker_fence(ctx.worker)
        document = document_of(record)
        store.join(ctx.worker, route=record.name, fence=record.epoch, document=document, epoch=record.epoch)


def unfence(ctx: ActionContext) -> None:
    """Inverse of `fence`: when nobody forwards there any more. Repeatable. Another route's fences stay."""
    target = ctx.targets[TARGET]
    if _why_gateway(target, ctx.parameters):
        return
    with open_routed(target.config, target.secrets) as store:
        document = store.mirrored()
        if document and json.loads(document)["name"] == route.name_of(ctx):
            store.sessions.raise_worker_fence(ctx.worker)
            store.leave(ctx.worker)
