"""Model files from one project's directory to another's, as Snakeweb sees it."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from migrations_app.handlers import (
    Action,
    Analysis,
    Field,
    FieldKind,
    Handler,
    MigrationType,
    Problem,
    Spec,
    Step,
    StepKind,
    Target,
    TargetKind,
    TargetRole,
)
from snakeweb_model_files.actions import SOURCE, TARGET, Compare, Copy, Measure, Remove, folder_of
from snakeweb_model_files.files import ModelFile, listed
from snakeweb_model_files.risk import RULES
from snakeweb_model_files.templates import TEMPLATES

MOST_FILES = 500
BYTES_A_SECOND = 100_000_000  # what an ordinary disk copies; past runs correct it


class ModelFiles(Handler):
    name = "model_files"
    version = "1.0.0"
    type = MigrationType.CUSTOM
    label = "Model files"
    summary = "Copy the model files of one project to another, compare them, and take them from the first if wanted."
    roles = (
        TargetRole(
            SOURCE,
            (TargetKind.ADAPTER_PROJECT,),
            "Source",
            "The project whose models are copied. It is only read, unless the source is cleaned up.",
        ),
        TargetRole(TARGET, (TargetKind.ADAPTER_PROJECT,), "Target", "The project that gets them."),
    )
    parameters = (
        Field("folder", FieldKind.TEXT, "Folder", default="models", max_length=200, help="Below both projects."),
        Field(
            "suffixes",
            FieldKind.TEXT,
            "Suffixes",
            default=".gguf .onnx .safetensors",
            max_length=200,
            help="What makes a file a model, separated by spaces.",
        ),
    )
    unused_options = frozenset({"backup_enabled", "backup_retention", "zero_downtime"})
    risk_rules = RULES
    templates = TEMPLATES

    def analyze(self, spec: Spec) -> Analysis:
        """Looks only. Who comes to another list of files, or to a taken name, has to plan anew."""
        files, target = self._files(spec), Path(spec.targets[TARGET].config["path"])
        disk = shutil.disk_usage(target) if target.is_dir() else None
        taken = [file.path for file in files if (folder_of(spec.targets[TARGET], spec.parameters) / file.path).exists()]
        return Analysis(
            source_state={"files": len(files), "bytes": sum(file.size for file in files)},
            target_state={
                "is_directory": disk is not None,
                "taken": taken,
                "free_bytes": disk.free if disk else 0,
                "disk_bytes": disk.total if disk else 0,
            },
            fingerprints={SOURCE: {"files": _digest([asdict(f) for f in files])}, TARGET: {"taken": _digest(taken)}},
            sizes={"files": len(files)},
        )

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return [*self._wrong_places(spec), *self._wrong_contents(spec, analysis)]

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        """The list of files is part of the plan: what is signed is what is copied."""
        files = [asdict(file) for file in self._files(spec)]
        seconds = max(1, analysis.source_state["bytes"] // BYTES_A_SECOND)
        steps = [
            Step("measure", StepKind.PREPARATION, "Measure every file", "measure", {"files": files}, (), seconds),
            Step(
                "copy",
                StepKind.MIGRATION,
                f"Copy {len(files)} files to {spec.targets[TARGET].name}",
                "copy",
                {"files": files, "new_folders": self._new_folders(spec)},
                ("measure",),
                seconds,
                undo_title="remove the copies",
                partitioned=True,
            ),
            Step(
                "compare",
                StepKind.VERIFICATION,
                "Compare both sides by SHA-256",
                "compare",
                {},
                ("copy",),
                seconds,
                validation="Every file is the same on both sides.",
            ),
        ]
        if spec.options["cleanup_source"]:
            title = f"Take them from {spec.targets[SOURCE].name}"
            steps.append(
                Step(
                    "remove",
                    StepKind.CLEANUP,
                    title,
                    "remove",
                    {"files": files},
                    ("compare",),
                    undo_title="copy them back",
                    confirm="cleanup",
                )
            )
        return steps

    def actions(self) -> Mapping[str, Action]:
        return {"measure": Measure(), "copy": Copy(), "compare": Compare(), "remove": Remove()}

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        return ""

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        """A hidden directory in the target's project, which the rehearsal removes again."""
        place = Path(targets[TARGET].config["path"]) / f".snakeweb-rehearsal-{run_id}"
        return {**targets, TARGET: replace(targets[TARGET], config={"path": str(place)})}

    def _files(self, spec: Spec) -> tuple[ModelFile, ...]:
        return listed(folder_of(spec.targets[SOURCE], spec.parameters), spec.parameters["suffixes"].split())

    def _new_folders(self, spec: Spec) -> list[str]:
        """Folders of the target's project that are not there yet, the deepest first."""
        base, wanted = Path(spec.targets[TARGET].config["path"]), set[Path]()
        for file in self._files(spec):
            wanted |= {Path(spec.parameters["folder"], file.path).parent}
        every = {folder for each in wanted for folder in (each, *each.parents)} - {Path()}
        return sorted((folder.as_posix() for folder in every if not (base / folder).exists()), key=len, reverse=True)

    def _wrong_places(self, spec: Spec) -> Iterator[Problem]:
        folder = Path(spec.parameters["folder"])
        if folder.is_absolute() or ".." in folder.parts or not folder.parts:
            yield Problem("parameters.folder", "It leads out of the project.", "Give a folder below it, like models.")
        if spec.targets[SOURCE].config["path"] == spec.targets[TARGET].config["path"]:
            yield Problem("targets.target", "Source and target are one directory.", "Choose another project.")

    def _wrong_contents(self, spec: Spec, analysis: Analysis) -> Iterator[Problem]:
        source, target = analysis.source_state, analysis.target_state
        if not target["is_directory"]:
            path = spec.targets[TARGET].config["path"]
            yield Problem("targets.target", f"There is no directory {path}.", "Make it, or choose another project.")
        elif source["bytes"] > target["free_bytes"]:
            short = source["bytes"] - target["free_bytes"]
            yield Problem("targets.target", f"{short} bytes too few are free on its disk.", "Make room there.")
        if not source["files"]:
            yield Problem("targets.source", "It has no such files.", "Look at the folder and the suffixes.")
        if source["files"] > MOST_FILES:
            said = f"It has {source['files']} files; one plan takes {MOST_FILES}."
            yield Problem("parameters.folder", said, "Plan its folders one by one.")
        if target["taken"]:
            names = ", ".join(target["taken"][:5])
            yield Problem("targets.target", f"It has these already: {names}.", "Remove or rename them there first.")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
