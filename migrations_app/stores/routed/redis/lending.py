"""What a process without our client needs to serve the sessions of a Redis store that is under a route.

The forwarder of a live node is one: `beam/erlang/snakeweb_redis.erl` takes these settings and runs these scripts.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from migrations_app.stores.routed.redis import client_scripts as scripts
from migrations_app.stores.routed.redis.wire import Script
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.records import Codec


def why_not_lent(config: Mapping[str, Any]) -> str:
    """Why a node cannot serve this store itself; '' when it can. The rest of a sentence that begins with the store."""
    parsed = parse_config(config)
    if parsed.store != "redis":
        return "is no Redis store"
    if parsed["layout"] != "string":
        return "keeps its sessions as hashes"
    if parsed.codec is not Codec.ETF:
        return f"has the codec {parsed.codec}, and a node's sessions are Erlang terms (etf)"
    return ""


def settings_of(config: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Address, login and scripts, each as (SHA-1 in hex, text). Holds the password."""
    parsed = parse_config(config)
    kind = parsed["layout"]
    lent = {
        "write": scripts.WRITE[kind],
        "touch": scripts.TOUCH[kind],
        "delete": scripts.DELETE,
        "sweep": scripts.SWEEP,
        "way": scripts.WAY,
    }
    return {
        **{part: parsed[part] for part in ("host", "port", "db", "username", "tls", "prefix")},
        "password": secrets.get("password", ""),
        **{name: _with_digest(script) for name, script in lent.items()},
    }


def _with_digest(script: Script) -> tuple[bytes, bytes]:
    return hashlib.sha1(script.text, usedforsecurity=False).hexdigest().encode(), script.text
