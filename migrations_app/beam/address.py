"""How a target says which node it is on: fields that are declared once, checked, and turned into an address."""

import re
from collections.abc import Mapping
from typing import Any

from migrations_app.beam.distribution import NodeAddress
from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind

NODE_FIELDS = (
    Field("node", FieldKind.TEXT, "Node", required=True, max_length=255,
          help="The node's own name, such as snakepit@10.0.0.5; the cookie is its password."),
    Field("epmd_port", FieldKind.INTEGER, "Port of the port mapper", default=4369, minimum=1, maximum=65535),
    Field("port", FieldKind.INTEGER, "Distribution port", default=0, minimum=0, maximum=65535,
          help="0: the port mapper (EPMD) of the node's host tells it."),
    Field("certificate", FieldKind.TEXT, "Certificate file", default="", max_length=1000,
          help="For distribution over TLS: three PEM files on the workers' machine. Empty: not encrypted."),
    Field("key", FieldKind.TEXT, "Key file", default="", max_length=1000),
    Field("authority", FieldKind.TEXT, "File of the authority", default="", max_length=1000),
)  # fmt: skip
_NODE = re.compile(r"[A-Za-z0-9_.-]{1,100}@[A-Za-z0-9.:-]{1,150}")


def node_problems(values: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with parsed fields beyond each by itself; fields are `config.node`, `config.certificate`."""
    problems = []
    if not _NODE.fullmatch(values["node"]):
        problems.append(
            Problem("config.node", "This is not a node's name.", "Write name@host, as the node itself gives it.")
        )
    files = [values[part] for part in ("certificate", "key", "authority")]
    if any(files) and not all(files):
        fix = "Name all three PEM files, or none for a connection that is not encrypted."
        problems.append(Problem("config.certificate", "TLS needs certificate, key and authority.", fix))
    return problems


def address_from(values: Mapping[str, Any]) -> NodeAddress:
    return NodeAddress(*(values[declared.name] for declared in NODE_FIELDS))
