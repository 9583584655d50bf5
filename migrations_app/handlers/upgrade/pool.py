"""A worker pool that a plan is going to roll: how it is, in which waves it would go, and what speaks against it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from migrations_app import pools
from migrations_app.engine.errors import MigrationError, Problem, ValidationFailed
from migrations_app.engine.handler import Spec
from migrations_app.handlers.upgrade.parameters import POOL, strategy_of
from migrations_app.pools.base import PoolProbe, Release
from migrations_app.pools.strategy import planned


def look_at_pool(spec: Spec, release_of: Callable[[PoolProbe], Release]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read-only: the state (with `error` where it could not be looked at) and the fingerprint.

    `release_of`: what the workers are going to run, of a pool as it was seen.
    """
    target = spec.targets[POOL]
    try:
        with pools.open_pool(target.config, target.secrets, read_only=True) as pool:
            probe = pool.probe()
        release = release_of(probe)
        plan = planned(probe, release, strategy_of(spec.parameters))
    except MigrationError as error:
        return {"name": target.name, "error": said(error)}, {}
    before = probe.release
    state = {
        "name": target.name,
        "release": release.as_dict(),
        "before": before.as_dict() if before else None,
        "expected": plan.expected,
        "minimum": plan.minimum,
        "waves": [list(wave) for wave in plan.waves],
        "serving": probe.view.serving,
        "problems": list(probe.problems),
    }
    return state, pools.fingerprint(probe)


def pool_problems(pool: Mapping[str, Any], field: str) -> Iterator[Problem]:
    """`pool` as `look_at_pool` found it; `field` is what decides the release."""
    if "error" in pool:
        yield from problems_of_error(POOL, pool["name"], pool["error"])
        return
    for message in pool["problems"]:
        yield Problem(f"targets.{POOL}", f"{pool['name']}: {message}", "Look at the pool first.", "pool_not_well")
    if pool["serving"] < pool["expected"]:
        message = f"{pool['name']} serves with {pool['serving']} of {pool['expected']} workers."
        yield Problem(f"targets.{POOL}", message, "Bring it up whole before it is changed.", "pool_not_whole")
    if not pool["waves"]:
        message = f"Every worker of {pool['name']} runs that release with that configuration."
        yield Problem(field, message, "Nothing to do.", "no_change")


def said(error: MigrationError) -> Mapping[str, Any]:
    """JSON-ready, for the state of a side that could not be looked at."""
    problems = error.problems if isinstance(error, ValidationFailed) else ()
    return {
        "code": error.code,
        "message": error.message,
        "problems": [[one.field, one.message, one.fix, one.code] for one in problems],
    }


def problems_of_error(role: str, name: str, error: Mapping[str, Any]) -> Iterator[Problem]:
    """What `said` noted, as problems."""
    if error["problems"]:
        yield from (Problem(*each) for each in error["problems"])
        return
    message = f"“{name}” could not be looked at: {error['message']}"
    yield Problem(f"targets.{role}", message, "Test the target's connection.", "unreachable")
