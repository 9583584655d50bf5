"""What the steps do. Any of it may be called again after the worker died at any line, and must end the same."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from migrations_app.handlers import Action, ActionContext, DataCorruption, StepFailed, Target, reach
from snakeweb_model_files.files import copy_aside, digest_of, disk_errors

SOURCE: Final = "source"
TARGET: Final = "target"


def folder_of(target: Target, parameters: Mapping[str, Any]) -> Path:
    return Path(target.config["path"], parameters["folder"])


class Measure(Action):
    """Result: files, bytes, digests (path -> SHA-256)."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        folder, files = folder_of(ctx.targets[SOURCE], ctx.parameters), ctx.step.parameters["files"]
        digests = dict(ctx.checkpoint.get("digests", {}))
        size = ctx.options["batch_size"]
        with disk_errors():
            for at in range(len(digests), len(files), size):
                for file in files[at : at + size]:
                    digests[file["path"]] = digest_of(folder / file["path"], ctx.progress.alive)
                ctx.progress.save({"digests": digests}, done=len(digests), total=len(files), unit="files")
        return {"files": len(files), "bytes": sum(file["size"] for file in files), "digests": digests}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"files": len(ctx.step.parameters["files"])}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)


class Copy(Action):
    """Result: files, bytes. Each partition copies its share.

    A batch is copied beside its places first; then the lease is checked by saving, and the copies are put in place: a
    worker that was replaced meanwhile puts nothing there.
    """

    not_proven = ""
    leaves_scratch = True

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        mine = ctx.step.parameters["files"][ctx.partition :: ctx.partitions]
        size, begin = ctx.options["batch_size"], ctx.checkpoint.get("next", 0)
        with disk_errors():
            for at in range(begin, len(mine), size):
                batch = mine[at : at + size]
                copied = [file for file in batch if self._aside(ctx, file["path"])]
                self._save(ctx, mine, at)
                for file in copied:
                    place = self._place(ctx, file["path"])
                    _aside_of(ctx, place).replace(place)
                    reach("model_files.placed")
                self._save(ctx, mine, at + len(batch))
        return {"files": len(mine), "bytes": sum(file["size"] for file in mine)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        wrong = [f["path"] for f in ctx.step.parameters["files"] if not self._has_size(ctx, f)]
        if wrong:
            raise DataCorruption(f"Not copied whole: {', '.join(wrong[:5])}.", details={"files": wrong[:50]})

    def undo(self, ctx: ActionContext) -> None:
        """Removes the copies of this run, and no file that somebody else put there meanwhile."""
        digests = ctx.results["measure"]["digests"]
        with disk_errors():
            for done, (path, digest) in enumerate(sorted(digests.items()), 1):
                place = self._place(ctx, path)
                _aside_of(ctx, place).unlink(missing_ok=True)
                if place.exists() and digest_of(place, ctx.progress.alive) == digest:
                    place.unlink()
                ctx.progress.save({}, done=done, total=len(digests), unit="files")
            base = Path(ctx.targets[TARGET].config["path"])
            for folder in ctx.step.parameters["new_folders"]:
                if (base / folder).is_dir() and not any((base / folder).iterdir()):
                    (base / folder).rmdir()

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        files = ctx.step.parameters["files"]
        return {"would_copy": len(files), "bytes": sum(file["size"] for file in files)}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def clean_up(self, ctx: ActionContext) -> None:
        with disk_errors():
            shutil.rmtree(ctx.targets[TARGET].config["path"], ignore_errors=True)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        folder = folder_of(ctx.targets[TARGET], ctx.parameters)
        return (f"Remove from {folder} the files that the plan lists, then press Retry.",)

    def manual_clean_up(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Remove the directory {ctx.targets[TARGET].config['path']}.",)

    def _aside(self, ctx: ActionContext, path: str) -> bool:
        """Copy it beside its place; False when it is in place already, from before a death."""
        place, digest = self._place(ctx, path), ctx.results["measure"]["digests"][path]
        if place.exists():
            if digest_of(place, ctx.progress.alive) == digest:
                return False
            raise StepFailed(f"{place} is there and is another file; it was left as it is.", details={"file": path})
        source = folder_of(ctx.targets[SOURCE], ctx.parameters) / path
        copy_aside(source, _aside_of(ctx, place), digest, ctx.progress.alive)
        return True

    def _save(self, ctx: ActionContext, mine: Sequence[Mapping[str, Any]], at: int) -> None:
        counters = {"bytes": sum(file["size"] for file in mine[:at])}
        ctx.progress.save({"next": at}, done=at, total=len(mine), unit="files", counters=counters)

    def _place(self, ctx: ActionContext, path: str) -> Path:
        return folder_of(ctx.targets[TARGET], ctx.parameters) / path

    def _has_size(self, ctx: ActionContext, file: Mapping[str, Any]) -> bool:
        place = self._place(ctx, file["path"])
        return place.is_file() and place.stat().st_size == file["size"]


class Compare(Action):
    """Result: compared. Both sides by SHA-256, from the disk."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        digests = sorted(ctx.results["measure"]["digests"].items())
        folder, begin = folder_of(ctx.targets[TARGET], ctx.parameters), ctx.checkpoint.get("next", 0)
        with disk_errors():
            for at in range(begin, len(digests)):
                path, digest = digests[at]
                if digest_of(folder / path, ctx.progress.alive) != digest:
                    raise DataCorruption(f"{path} differs on the target.", details={"file": path})
                ctx.progress.save({"next": at + 1}, done=at + 1, total=len(digests), unit="files")
        return {"compared": len(digests)}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)


class Remove(Action):
    """Result: removed. The undo copies back what is missing."""

    not_proven = "That the files can be taken from the source."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        folder, files = folder_of(ctx.targets[SOURCE], ctx.parameters), ctx.step.parameters["files"]
        with disk_errors():
            for done, file in enumerate(files, 1):
                (folder / file["path"]).unlink(missing_ok=True)
                ctx.progress.save({}, done=done, total=len(files), unit="files")
        return {"removed": len(files)}

    def undo(self, ctx: ActionContext) -> None:
        back, kept = folder_of(ctx.targets[SOURCE], ctx.parameters), folder_of(ctx.targets[TARGET], ctx.parameters)
        with disk_errors():
            for path, digest in sorted(ctx.results["measure"]["digests"].items()):
                place = back / path
                if not place.exists():
                    copy_aside(kept / path, _aside_of(ctx, place), digest, ctx.progress.alive)
                    _aside_of(ctx, place).replace(place)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"would_remove": len(ctx.step.parameters["files"])}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        source, target = (folder_of(ctx.targets[role], ctx.parameters) for role in (SOURCE, TARGET))
        return (f"Copy the files that the plan lists from {target} back to {source}, then press Retry.",)


def _aside_of(ctx: ActionContext, place: Path) -> Path:
    """Beside it, by a name of this run: a rollback run finds what the run left that it takes back."""
    return place.with_name(f".{place.name}.run-{ctx.effect_run_id}")
