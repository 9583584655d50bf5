"""A look at the three sides, read-only: the configuration, the worker pool, and the project where one is named."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_app import pools
from migrations_app.engine.errors import MigrationError, ValidationFailed
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, content_digest
from migrations_app.handlers.config.analysis import analyse as analyse_configuration
from migrations_app.handlers.project.reading import read_project
from migrations_app.handlers.upgrade.parameters import POOL, PROJECT, strategy_of
from migrations_app.pools.base import Release
from migrations_app.pools.strategy import planned
from migrations_app.snakepit.versions import Version
from migrations_app.sources.check import check, reads

MOST_FINDINGS = 300
GENERATION = 12  # hex digits of the digest of what is written


def analyse(spec: Spec) -> Analysis:
    """As of the configuration, and beside it in `target_state`: `pool`, `sources`; each may have an `error`."""
    found = analyse_configuration(replace(spec, parameters={**spec.parameters, "restore": ""}))
    target, fingerprints = dict(found.target_state), dict(found.fingerprints)
    if "binds" not in target:
        return found
    release = Release(target["version"], _generation(target["binds"]))
    target["pool"], fingerprint = _pool(spec, release)
    if fingerprint:
        fingerprints[POOL] = fingerprint
    if PROJECT in spec.targets:
        target["sources"], fingerprint = _sources(spec, str(found.source_state["version"]), target["version"])
        if fingerprint:
            fingerprints[PROJECT] = fingerprint
    sizes = {**found.sizes, "workers": target["pool"].get("expected", 0)}
    return Analysis(found.source_state, target, fingerprints, sizes, found.warnings)


def _generation(binds: Mapping[str, Any]) -> str:
    """Names the settings by what is written: the same files are the same generation, whoever plans them."""
    return content_digest(binds["after"] if "after" in binds else dict(binds))[:GENERATION]


def _pool(spec: Spec, release: Release) -> tuple[dict[str, Any], dict[str, Any]]:
    target = spec.targets[POOL]
    try:
        with pools.open_pool(target.config, target.secrets, read_only=True) as pool:
            probe = pool.probe()
        plan = planned(probe, release, strategy_of(spec.parameters))
    except MigrationError as error:
        return {"name": target.name, "error": _said(error)}, {}
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


def _sources(spec: Spec, origin: str, to: str) -> tuple[dict[str, Any], dict[str, Any]]:
    target = spec.targets[PROJECT]
    try:
        project = read_project(target, reads)
    except MigrationError as error:
        return {"name": target.name, "error": _said(error)}, {}
    findings = check(project.files, origin=Version(origin), to=Version(to))
    state = {
        "name": target.name,
        "files": len(project.files),
        "left_out": {one.path: one.why for one in project.left_out[:MOST_FINDINGS]},
        "counts": {
            str(weight): sum(one.weight is weight for one in findings) for weight in {f.weight for f in findings}
        },
        "findings": [
            {
                "place": f"{one.path}:{one.line}",
                "change": one.change,
                "version": one.version,
                "weight": str(one.weight),
                "subject": one.subject,
                "message": one.message,
                "advice": one.advice,
            }
            for one in findings[:MOST_FINDINGS]
        ],
    }
    return state, project.fingerprint


def _said(error: MigrationError) -> Mapping[str, Any]:
    problems = error.problems if isinstance(error, ValidationFailed) else ()
    return {
        "code": error.code,
        "message": error.message,
        "problems": [[one.field, one.message, one.fix, one.code] for one in problems],
    }
