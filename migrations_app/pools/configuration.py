"""A worker-pool target's configuration: `{"driver": "beam", ...}`, declared once, checked whole.

Cookie or token is never in it; it arrives as the secret `password`.
"""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.beam.address import NODE_FIELDS, node_problems
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse

LONGEST_SOCKET = 107  # what the kernel takes
_TIMEOUT = Field(
    "timeout_seconds", FieldKind.INTEGER, "Longest wait for an answer", default=10, unit="s", minimum=1, maximum=120
)
POOL_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "beam": (
        *NODE_FIELDS,
        Field("server", FieldKind.TEXT, "Pool server", default="Elixir.Snakepit.Pool", max_length=255,
              help="The registered process that hands requests to workers."),
        Field("pool", FieldKind.TEXT, "Pool", default="default", max_length=255,
              help="The pool's name in the node's configuration, without the colon."),
    ),
    "http": (
        Field("url", FieldKind.TEXT, "Address", required=True, max_length=500,
              help="Where the pool's control protocol is spoken, https:// or http://; docs/worker-pool-protocol.md."),
        Field("authority", FieldKind.TEXT, "Trusted certificates", default="", max_length=1000,
              help="A PEM file of every worker's machine; empty trusts what the machine trusts."),
        _TIMEOUT,
    ),
    "process": (
        Field("path", FieldKind.TEXT, "Control socket", required=True, max_length=LONGEST_SOCKET,
              help="The Unix socket of the supervisor, on the machine where Snakeweb's workers run."),
        _TIMEOUT,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """A checked configuration."""

    driver: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with a configuration, without connecting; fields are `config.node`."""
    return _parse(config)[1]


def parse_config(config: Mapping[str, Any]) -> PoolConfig:
    """Raises ValidationFailed with every problem."""
    parsed, problems = _parse(config)
    if parsed is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return parsed


def _parse(config: Mapping[str, Any]) -> tuple[PoolConfig | None, list[Problem]]:
    driver = str(config.get("driver", ""))
    if driver not in POOL_FIELDS:
        known = ", ".join(POOL_FIELDS)
        problem = f"“{driver}” is no driver of worker pools."
        return None, [Problem("config.driver", problem, f"Use one of: {known}.", "choice")]
    given = {name: value for name, value in config.items() if name != "driver"}
    values, problems = parse(POOL_FIELDS[driver], given, path="config")
    if not problems:
        problems += _MORE[driver](values)
    return PoolConfig(driver, values), problems


def _url_problems(values: Mapping[str, Any]) -> list[Problem]:
    url = values["url"]
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if (
        not usable
        or parts.query
        or parts.fragment
        or not values["url"].isascii()
        or set(values["url"]) & set(" \r\n\t")
    ):
        fix = "Write it as https://host:port, with a path where there is one."
        return [Problem("config.url", "This is no address of a pool.", fix, "not_an_address")]
    if parts.username is not None:
        return [Problem("config.url", "Credentials stand in the address.", "Enter the token below.", "password_in_url")]
    if values["authority"] and parts.scheme == "http":
        problem = "Certificates are for https:// only, and the address has none."
        return [Problem("config.authority", problem, "Use https://, or leave this empty.", "without_tls")]
    return []


def _path_problems(values: Mapping[str, Any]) -> list[Problem]:
    path = values["path"]
    if not path.startswith("/"):
        return [Problem("config.path", "This is no whole path.", "Begin it with “/”.", "not_absolute")]
    if len(path.encode()) > LONGEST_SOCKET or "\0" in path:
        fix = f"Use a path of at most {LONGEST_SOCKET} bytes."
        return [Problem("config.path", "No socket can be there.", fix, "too_long")]
    return []


_MORE = {"beam": node_problems, "http": _url_problems, "process": _path_problems}
