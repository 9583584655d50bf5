"""A look at the three sides, read-only: the configuration, the worker pool, and the project where one is named."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, content_digest
from migrations_app.handlers.config.analysis import analyse as analyse_configuration
from migrations_app.handlers.project.reading import read_project
from migrations_app.handlers.upgrade.parameters import POOL, PROJECT
from migrations_app.handlers.upgrade.pool import look_at_pool, said
from migrations_app.pools.base import Release
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
    target["pool"], fingerprint = look_at_pool(spec, lambda _probe: release)
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


def _sources(spec: Spec, origin: str, to: str) -> tuple[dict[str, Any], dict[str, Any]]:
    target = spec.targets[PROJECT]
    try:
        project = read_project(target, reads)
    except MigrationError as error:
        return {"name": target.name, "error": said(error)}, {}
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
