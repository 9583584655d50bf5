"""Which targets are one thing under several names: whoever claims one of them has claimed the others as well.

By what configurations say alone: nothing is asked of a target, and no name is looked up.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from migrations_app import pools
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.config import target as configurations
from migrations_app.handlers.project import target as projects
from migrations_app.models import Target
from migrations_app.stores import sessions
from migrations_app.stores.tables import configuration as databases
from migrations_app.stores.tables import identity


def places_of(target: Target) -> frozenset[str]:
    """Two targets of one kind that have one of these in common are one thing. A store is told from another one in its
    database by table or prefix, databases by their schemas. Empty for a configuration that nobody can use."""
    try:
        return frozenset(f"{target.kind} {place}" for place in _places(TargetKind(target.kind), target.config))
    except ValidationFailed:
        return frozenset()


def _places(kind: TargetKind, config: Mapping[str, Any]) -> Iterable[str]:
    if kind is TargetKind.DATABASE:
        there = identity.endpoint(config)
        return [f"{there}#{schema}" for schema in databases.parse_config(config).schemas or ("",)]
    if kind is TargetKind.SESSION_STORE:
        return [sessions.place(config)]
    if kind is TargetKind.CONFIG_FILE:
        return [os.path.realpath(configurations.place_of(config).path)]
    if kind is TargetKind.ADAPTER_PROJECT:
        return [os.path.realpath(projects.directory_of(config))]
    pool = pools.parse_config(config)
    if pool.driver == "beam":
        return [f"{pool['node']} {pool['server']} {pool['pool']}"]
    return [os.path.realpath(pool["path"]) if pool.driver == "process" else pool["url"].rstrip("/").lower()]


def namesakes_of(ids: Iterable[int]) -> Mapping[int, int]:
    """Of these targets: the ids of all others that are the same, each with that of the one it is."""
    wanted = Target.objects.in_bulk(list(ids))
    return same_as(wanted.values(), Target.objects.filter(kind__in={target.kind for target in wanted.values()}))


def same_as(targets: Iterable[Target], others: Iterable[Target]) -> Mapping[int, int]:
    """Id of one of the others -> that of the target it is under another name."""
    wanted = list(targets)
    mine, known = {place: one.pk for one in wanted for place in places_of(one)}, {one.pk for one in wanted}
    found = {other.pk: mine.keys() & places_of(other) for other in others if other.pk not in known}
    return {other: min(mine[place] for place in places) for other, places in found.items() if places}
