"""What the steps share: the project as it was signed, what was kept of it, and the change of one step's files."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import PlanIsStale, ValidationFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.files.create import remove_directories
from migrations_app.files.reading import read_file, sha256_of
from migrations_app.files.together import Change, replace_all
from migrations_app.handlers.adapter import kept as keeping
from migrations_app.handlers.adapter.facts import Analysis
from migrations_app.handlers.adapter.kept import Kept
from migrations_app.handlers.adapter.making.outcome import Changes, Outcome, outcome_of, refuse
from migrations_app.handlers.adapter.parameters import PROJECT
from migrations_app.handlers.adapter.planning import bound, code_of, looked_at
from migrations_app.handlers.adapter.steps import BACKUP
from migrations_app.handlers.project.reading import project_root

_COMPILED = re.compile(r"(?P<module>.+?)\.cpython-\d+(\.opt-\d)?\.pyc")


def root_of(ctx: ActionContext) -> Path:
    return project_root(ctx.targets[PROJECT])


def planned(ctx: ActionContext) -> tuple[Outcome, Analysis]:
    """What is made of the project before anything is written. Raises PlanIsStale where that is not what was signed."""
    target, signed = ctx.targets[PROJECT], ctx.step.parameters
    files, analysis = looked_at(target, None if ctx.read_only else ctx.artifacts)
    if (found := code_of(files).digest) != signed["project"]:
        raise PlanIsStale(
            f"{target.name} is not as it was when the plan was signed: its files are others. No file was changed.",
            details={"target": target.name, "expected": signed["project"], "found": found},
        )
    outcome = outcome_of(root_of(ctx), files.files, analysis, ctx.parameters)
    refuse(outcome.problems)
    now = bound(outcome, files)
    differing = sorted(key for key in now.keys() & signed.keys() if now[key] != signed[key])
    if differing:
        raise PlanIsStale(
            f"What would be made of {target.name} is not what was signed ({', '.join(differing)}); another version of "
            "Snakeweb or of its libraries planned it. No file was changed.",
            details={"target": target.name, "differing": differing},
        )
    return outcome, analysis


def kept(ctx: ActionContext) -> Kept:
    """What the backup step of the run (or of the run that is undone) kept."""
    return keeping.load(ctx.artifacts, ctx.effect_run_id, ctx.results[BACKUP]["sha256"])


def signed_files(signed: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {path: (each["before"], each["after"]) for path, each in signed["files"].items()}


def on_disk(ctx: ActionContext, path: str) -> str:
    """The fingerprint of a file of the project; '' where there is none."""
    real = root_of(ctx) / path
    return sha256_of(read_file(real)[0]) if real.exists() else ""


def write(ctx: ActionContext, *, back: bool = False) -> list[str]:
    """Bring the step's files to what was signed, or back; all of them or none. Returns the paths that changed now.

    The lease is checked while the files are locked, right before.
    """
    root, held, signed = root_of(ctx), kept(ctx), ctx.step.parameters
    files = held.of(ctx.step.id, signed["files"])
    changes = [_change(root, path, held, files, back) for path in sorted(files)]
    directories = [root / directory for directory in signed["directories"]] if back else []

    def lease(done: int = 0) -> None:
        ctx.progress.save({}, done=done, total=len(changes), unit="files")

    if directories:
        remove_compiled(directories[-1], {Path(path).stem for path in files})
    changed = replace_all(changes, roots=ctx.targets[PROJECT].roots, may_go_on=lease, directories=directories)
    lease(len(changes))
    return [path.relative_to(root).as_posix() for path in changed]


def _change(root: Path, path: str, held: Kept, files: Changes, back: bool) -> Change:
    old, new = files[path].before, files[path].after
    if back:
        old, new = new, old
    return Change(root / path, new, None if old is None else sha256_of(old), held.standings.get(path))


def refuse_edited(ctx: ActionContext, instructions: tuple[str, ...]) -> None:
    """Raises ValidationFailed for a file that is neither as the step found it nor as it left it."""
    edited = [
        path for path, expected in signed_files(ctx.step.parameters).items() if on_disk(ctx, path) not in expected
    ]
    if edited:
        raise ValidationFailed(
            f"Somebody edited {', '.join(edited)} since this run wrote it. Nothing was taken back, so that the edit is "
            "not lost.",
            details={"edited": edited},
            recovery_actions=instructions,
        )


def remove_compiled(folder: Path, modules: set[str]) -> None:
    """What Python left of the package's own modules when somebody imported them; nothing else."""
    cache = folder / "__pycache__"
    if cache.is_symlink() or not cache.is_dir():
        return
    for path in cache.iterdir():
        found = _COMPILED.fullmatch(path.name)
        if found and found["module"] in modules:
            path.unlink(missing_ok=True)
    remove_directories([cache])
