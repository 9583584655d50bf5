"""Which metadata survives a move: what both layouts have a place for. Values, codecs and deadlines always do."""

from collections.abc import Mapping
from typing import Any

from migrations_app.handlers.session.records import METADATA


def kept_by(config: Mapping[str, Any]) -> frozenset[str]:
    return METADATA


def kept_by_both(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    return kept_by(one) & kept_by(other)
