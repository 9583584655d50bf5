"""A router from a document, as a settings module or a configuration file holds it.

```
{"route": {"url": "https://snakeweb.example", "name": "sessions", "token": {"env": "ROUTE_TOKEN"}},
 "stores": {"a": {"store": "redis", ...}, "b": {"store": "postgres", ...}},
 "secrets": {"b": {"password": {"env": "PGPASSWORD"}}},
 "mirror": true, "codec": "opaque", "retry_budget_seconds": 30, "fence_class": "native"}
```

Without a `url` the route is learned from the record that the stores mirror; with `mirror` it is the place to begin
when the control plane does not answer. A secret is text, or names an environment variable.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse, unknown_keys
from migrations_app.routing.environment import variable
from migrations_app.routing.http_source import HttpRouteSource
from migrations_app.routing.mirror_source import StoreMirrorSource
from migrations_app.routing.router import OpenStore, SessionRouter
from migrations_app.routing.sources import RouteSource
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions.base import FenceClass
from migrations_app.stores.sessions.configuration import config_problems
from migrations_app.stores.sessions.records import Codec

ROUTE_FIELDS = (
    Field("name", FieldKind.TEXT, "Name of the route", required=True, max_length=200),
    Field("url", FieldKind.TEXT, "Address of the control plane", default="", max_length=1000),
    Field("client_id", FieldKind.TEXT, "Name of this process", default="", max_length=60),
)
FIELDS = (
    Field("mirror", FieldKind.BOOLEAN, "Begin with the stores' mirrored record", default=False),
    Field("codec", FieldKind.CHOICE, "Codec", default="opaque", choices=tuple(Codec)),
    Field("retry_budget_seconds", FieldKind.INTEGER, "Retry budget", default=30, minimum=0, maximum=3600),
    Field("fence_class", FieldKind.CHOICE, "Fence class", default="native", choices=("native", "lease_only")),
)
PARTS = ("route", "stores", "secrets")


def router_from(document: Mapping[str, Any], *, open_store: OpenStore = open_routed) -> SessionRouter:
    """Connects to nothing yet. Raises ValidationFailed with every problem of the document."""
    problems = unknown_keys(document, (*PARTS, *(each.name for each in FIELDS)), path="")
    values, more = parse(FIELDS, {each.name: document[each.name] for each in FIELDS if each.name in document}, path="")
    route, stores, secrets = (_mapping(document, part, problems) for part in PARTS)
    given = {name: value for name, value in route.items() if name != "token"}
    named, wrong = parse(ROUTE_FIELDS, given, path="route")
    problems += more + wrong + _store_problems(stores)
    if named.get("url") and urlsplit(named["url"]).scheme not in ("http", "https"):
        problems.append(Problem("route.url", "This is no web address.", "Begin it with https://."))
    token = _secret(route.get("token", ""), "route.token", problems)
    if named.get("url") and not route.get("token"):
        problems.append(
            Problem("route.token", "The control plane wants a token.", "Name one of scope “route”.", "required")
        )
    opened = {
        side: {name: _secret(value, f"secrets.{side}.{name}", problems) for name, value in kept.items()}
        for side, kept in secrets.items()
        if isinstance(kept, Mapping)
    }
    if problems:
        raise ValidationFailed("The configuration of the session router is not usable.", problems=problems)
    mirror = StoreMirrorSource(
        [partial(open_store, config, opened.get(side, {})) for side, config in stores.items()], named["name"]
    )
    source: RouteSource = mirror
    if named["url"]:
        source = HttpRouteSource(
            named["url"],
            named["name"],
            token,
            client_id=named["client_id"],
            mirror=mirror if values["mirror"] else None,
        )
    return SessionRouter(
        source,
        stores,
        secrets=opened,
        codec=Codec(values["codec"]),
        retry_budget_seconds=float(values["retry_budget_seconds"]),
        fence_class=FenceClass(values["fence_class"]),
        open_store=open_store,
    )


def _mapping(document: Mapping[str, Any], part: str, problems: list[Problem]) -> Mapping[str, Any]:
    found = document.get(part, {})
    if isinstance(found, Mapping) and (found or part == "secrets"):
        return found
    problems.append(Problem(part, f"“{part}” is not given as a mapping.", f"Write {{“{part}”: {{...}}}}.", "required"))
    return {}


def _store_problems(stores: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for side, config in stores.items():
        if not isinstance(config, Mapping):
            problems.append(Problem(f"stores.{side}", "A store is a mapping.", "Write its configuration."))
            continue
        problems += [
            replace(problem, field=problem.field.replace("config", f"stores.{side}", 1))
            for problem in config_problems(config)
        ]
    return problems


def _secret(given: Any, field: str, problems: list[Problem]) -> str:
    """Problems never show the secret itself."""
    name = given.get("env") if isinstance(given, Mapping) else None
    if isinstance(name, str):
        value = variable(name)
        if value is None:
            problems.append(Problem(field, f"The environment variable {name} is not set.", "Set it.", "required"))
        return value or ""
    if not isinstance(given, str):
        problems.append(Problem(field, "This is no secret.", "Write text, or {“env”: the variable's name}."))
        return ""
    return given
