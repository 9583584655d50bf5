"""A look at the project and, where one is named, at the worker pool, read-only: what would become of them."""

import difflib
from collections.abc import Mapping
from typing import Any, Final

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Target, content_digest
from migrations_app.engine.ports import Artifacts
from migrations_app.handlers.adapter import samples
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.cache import ArtifactCache
from migrations_app.handlers.adapter.document import to_document
from migrations_app.handlers.adapter.facts import Analysis as AdapterAnalysis
from migrations_app.handlers.adapter.facts import Tool
from migrations_app.handlers.adapter.making.outcome import (
    CALLS,
    CLEANUP,
    CONFIGURE,
    Outcome,
    is_code,
    outcome_of,
    reads,
)
from migrations_app.handlers.adapter.parameters import POOL, PROJECT
from migrations_app.handlers.config.side_by_side import compare
from migrations_app.handlers.project.reading import ProjectFiles, project_root, read_project
from migrations_app.handlers.upgrade.pool import look_at_pool, said
from migrations_app.pools.base import PoolProbe, Release

MOST: Final = 300  # of findings and refused places that are kept with the plan
GENERATION: Final = 12  # hex digits


def looked_at(target: Target, artifacts: Artifacts | None) -> tuple[ProjectFiles, AdapterAnalysis]:
    """Every file that matters, and what the analysis says of them. Raises FileUnusable and ProjectTooLarge."""
    files = read_project(target, reads)
    cache = ArtifactCache(artifacts) if artifacts is not None else None
    return files, analyze(project_root(target), cache=cache)


def code_of(files: ProjectFiles) -> ProjectFiles:
    """What a plan is bound to as a whole; of other files it binds those that change. A project's data may change."""
    left_out = tuple(one for one in files.left_out if is_code(one.path))
    return ProjectFiles({path: content for path, content in files.files.items() if is_code(path)}, left_out)


def analyse(spec: Spec) -> Analysis:
    """`target_state["adapter"]`: analysis, tools, rewrites, refused, comparison, problems, binds; or `error`.
    `target_state["pool"]` as `look_at_pool` finds it, where there is one."""
    target = spec.targets[PROJECT]
    try:
        files, analysis = looked_at(target, spec.artifacts)
    except MigrationError as error:
        return Analysis({"name": target.name}, {"adapter": {"name": target.name, "error": said(error)}}, {})
    code = code_of(files)
    source = {"name": target.name, "files": len(files.files), "digest": code.digest, "analysis": analysis.digest}
    fingerprints = {PROJECT: code.fingerprint}
    sizes = {"files": len(files.files), "bytes": sum(map(len, files.files.values()))}
    try:
        outcome = outcome_of(project_root(target), files.files, analysis, spec.parameters)
    except MigrationError as error:
        state = {"name": target.name, "analysis": _summary(analysis), "error": said(error)}
        return Analysis(source, {"adapter": state}, fingerprints, sizes)
    state = {"name": target.name, "binds": bound(outcome, files), **_described(outcome, analysis, files)}
    state["samples"] = _samples(spec)
    target_state: dict[str, Any] = {"adapter": state}
    if POOL in spec.targets:
        generation = content_digest(state["binds"])[:GENERATION]
        target_state["pool"], fingerprint = look_at_pool(spec, lambda probe: _release(probe, generation))
        fingerprints |= {POOL: fingerprint} if fingerprint else {}
        sizes["workers"] = target_state["pool"].get("expected", 0)
    return Analysis(source, target_state, fingerprints, sizes, tuple(_warnings(outcome, files)))


def bound(outcome: Outcome, files: ProjectFiles) -> dict[str, Any]:
    """What a signature binds: the project as it was, each file before and after, and (`left`) the places that stay."""
    return {
        "project": code_of(files).digest,
        "adapter": outcome.serving.adapter.name,
        "tools": sorted(tool.name for tool in outcome.serving.served),
        "left": content_digest([[str(one.lines), one.code] for one in outcome.rewrites.refused]),
        **{step: outcome.signed(step) for step in (CONFIGURE, CALLS, CLEANUP)},
    }


def _release(probe: PoolProbe, generation: str) -> Release:
    """The version stays, its settings are others. A pool that knows no versions refuses it."""
    return Release(probe.release.version if probe.release else "", generation)


def _summary(analysis: AdapterAnalysis) -> dict[str, Any]:
    return {
        "digest": analysis.digest,
        "files": analysis.files,
        "code_lines": analysis.code_lines,
        "adapters": [
            {"name": one.name, "form": str(one.form), "place": str(one.lines), "tools": len(one.tools)}
            for one in analysis.adapters
        ],
        "distributions": [to_document(one) for one in analysis.distributions[:MOST]],
        "findings": [
            {"code": one.code, "message": one.message, "advice": one.advice, "place": str(one.lines)}
            for one in analysis.findings[:MOST]
        ],
    }


def _described(outcome: Outcome, analysis: AdapterAnalysis, files: ProjectFiles) -> dict[str, Any]:
    serving = outcome.serving
    served = {tool.name for tool in serving.served}
    calls = outcome.changes[CALLS]
    before = {path: change.before or b"" for path, change in calls.items()}
    after = {path: change.after or b"" for path, change in calls.items()}
    return {
        "analysis": _summary(analysis),
        "adapter": serving.adapter.name,
        "place": outcome.place.folder,
        "serves_as": outcome.place.adapter,
        "configuration_path": outcome.place.configuration,
        "joined": outcome.place.joined,
        "tools": [_tool(tool, outcome, served) for tool in serving.adapter.tools],
        "made": sorted(outcome.changes[CONFIGURE]),
        "removed": sorted(outcome.changes[CLEANUP]),
        "rewrites": [
            {
                "path": change.path,
                "sites": [str(site) for site in change.sites],
                **_counts(change.before, change.after),
            }
            for change in outcome.rewrites.changes
        ],
        "comparison": compare(before, after).as_dict(),
        "refused": [
            {"code": one.code, "message": one.message, "advice": one.advice, "place": str(one.lines)}
            for one in outcome.rewrites.refused[:MOST]
        ],
        "left_out": {one.path: one.why for one in files.left_out[:MOST]},
        "problems": [[one.field, one.message, one.fix, one.code] for one in outcome.problems],
    }


def _counts(before: bytes, after: bytes) -> dict[str, int]:
    """Lines, as a diff counts them."""
    old, new = before.splitlines(), after.splitlines()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return {"added": len(new) - same, "removed": len(old) - same}


def _tool(tool: Tool, outcome: Outcome, served: set[str]) -> dict[str, Any]:
    """What a person reads of one tool; all of it is in the analysis, by its digest."""
    mapping = tool.mapping
    return {
        "name": tool.name,
        "new_name": outcome.serving.renamed.get(tool.name, tool.name),
        "place": str(tool.lines),
        "description": tool.description,
        "verdict": str(mapping.verdict),
        "body": str(mapping.body),
        "confidence": str(mapping.confidence),
        "served": tool.name in served,
        "edited": tool.name in outcome.serving.edited,
        "entry": outcome.serving.entry(tool),
        "evidence": list(mapping.evidence),
        "reasons": [
            {"code": one.code, "message": one.message, "place": str(one.lines), "guidance": one.guidance}
            for one in mapping.reasons
        ],
    }


def _samples(spec: Spec) -> Mapping[str, Any]:
    """How many calls were recorded of each tool, whenever that was: the age counts when the run asks."""
    name = spec.parameters["recorded"]
    if not name:
        return {}
    try:
        content = samples.recorded_in(project_root(spec.targets[PROJECT]), name)
    except MigrationError as error:
        return {"error": said(error)}
    return samples.samples_in(content).summary()


def _warnings(outcome: Outcome, files: ProjectFiles) -> list[str]:
    said_of = []
    if refused := outcome.rewrites.refused:
        said_of.append(f"Left to a person, because their meaning is not certain ({len(refused)}): {refused[0].lines}.")
    if not outcome.rewrites.changes:
        said_of.append(
            f"Nothing in the project names {outcome.serving.adapter.name}: where the workers get their --adapter from "
            f"has to be changed by hand, to {outcome.place.adapter}."
        )
    if outcome.place.joined:
        names = ", ".join(tool.name for tool in outcome.serving.kept)
        said_of.append(f"The custom adapter goes on serving {names}.")
    if files.left_out:
        said_of.append(f"Not read ({len(files.left_out)}): {files.left_out[0].path}.")
    return said_of
