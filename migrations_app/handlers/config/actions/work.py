"""What the steps share: the files as they are, the content before the run, and the content that was signed."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from migrations_app.engine.handler import ActionContext
from migrations_app.files.errors import FileChanged
from migrations_app.files.reading import read, sha256_of
from migrations_app.files.together import Change, replace_all
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.binding import refuse_other
from migrations_app.handlers.config.outcome import outcome_of
from migrations_app.handlers.config.parameters import TARGET
from migrations_app.handlers.config.snapshots import Contents
from migrations_app.handlers.config.target import Place, place_of

BACKUP = "backup"
WRITE = "write"


def place(ctx: ActionContext) -> Place:
    return place_of(ctx.targets[TARGET].config)


def on_disk(ctx: ActionContext, names: Iterable[str]) -> dict[str, bytes]:
    """The files as they are, opened for reading only. Raises FileUnusable."""
    where = place(ctx)
    return {name: read(where.file(name), roots=ctx.targets[TARGET].roots) for name in names}


def kept(ctx: ActionContext, of: str) -> dict[str, bytes]:
    return snapshots.load(ctx.artifacts, ctx.targets[TARGET].id, of)


def before(ctx: ActionContext) -> dict[str, bytes]:
    """What the backup step of the run (or of the run that is undone) kept."""
    return kept(ctx, ctx.results[BACKUP]["fingerprint"])


def planned(ctx: ActionContext, contents: Contents) -> dict[str, bytes]:
    """What the signed plan makes of these contents. Raises PlanIsStale when that is not what was signed."""
    target = ctx.targets[TARGET]
    result = outcome_of(target, contents, ctx.parameters, ctx.artifacts)
    refuse_other(ctx.step.parameters, result, target.name)
    return dict(result.after)


def refuse_changed(ctx: ActionContext, expected: Contents) -> None:
    """Raises FileChanged for the first file that is not as expected."""
    for name, found in on_disk(ctx, expected).items():
        if found != expected[name]:
            raise FileChanged(place(ctx).file(name), expected=sha256_of(expected[name]), found=sha256_of(found))


def write(ctx: ActionContext, old: Contents, new: Contents, checkpoint: dict[str, Any]) -> list[str]:
    """Names of the files that were replaced now. The lease is checked while the files are locked, right before."""
    where = place(ctx)
    changed = [name for name in sorted(new) if old[name] != new[name]]
    changes = [Change(where.file(name), new[name], sha256_of(old[name])) for name in changed]

    def say(done: int) -> None:
        ctx.progress.save(checkpoint, done=done, total=len(changed), unit="files")

    replaced = replace_all(changes, roots=ctx.targets[TARGET].roots, may_go_on=partial(say, 0))
    say(len(changed))
    return [name for name in changed if where.file(name) in replaced]
