"""What a plan makes of a project, file by file. A pure function of its content, its place and the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations_app.configuration.reading import DOCUMENTS
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.files.reading import sha256_of
from migrations_app.handlers.adapter.analysis import reads as analysed
from migrations_app.handlers.adapter.codemods.lines import is_read
from migrations_app.handlers.adapter.codemods.rewriting import rewrite
from migrations_app.handlers.adapter.codemods.switch import Rewrites, Switch
from migrations_app.handlers.adapter.facts import Analysis, Form
from migrations_app.handlers.adapter.making.package import Place, import_root_of, package_of, place_of
from migrations_app.handlers.adapter.making.removal import why_not_removed
from migrations_app.handlers.adapter.making.serving import Serving, serving_of
from migrations_app.handlers.adapter.parameters import KEEP_CUSTOM

CONFIGURE, CALLS, CLEANUP = "configure", "migrate_calls", "cleanup"
MOST_NAMED = 20
_POSITIONAL = frozenset({"positional_only", "plain"})


@dataclass(frozen=True, slots=True)
class FileChange:
    """None where there is no file."""

    before: bytes | None
    after: bytes | None

    def signed(self) -> dict[str, str]:
        """Fingerprints (SHA-256, hex), '' for no file."""
        return {
            "before": "" if self.before is None else sha256_of(self.before),
            "after": "" if self.after is None else sha256_of(self.after),
        }


Changes = Mapping[str, FileChange]
"""By their path in the project."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`changes`: of each step that changes files. `directories`: those that are new, the outermost first."""

    serving: Serving
    place: Place
    changes: Mapping[str, Changes]
    directories: tuple[str, ...]
    rewrites: Rewrites
    problems: tuple[Problem, ...]

    def signed(self, step: str) -> dict[str, Any]:
        """What a signature of the plan binds of one step's files."""
        files = {path: change.signed() for path, change in sorted(self.changes[step].items())}
        return {"files": files, "directories": list(self.directories) if step == CONFIGURE else []}


def reads(path: str) -> bool:
    """Whether a file of this name is looked into: for what an adapter is, or for who names one."""
    return is_code(path) or path.endswith(tuple(DOCUMENTS)) or is_read(path)


def is_code(path: str) -> bool:
    """Of these every change is another project; of the others only what names the adapter matters."""
    return analysed(path) or path.endswith((".ex", ".exs"))


def outcome_of(root: Path, files: Mapping[str, bytes], analysis: Analysis, parameters: Mapping[str, Any]) -> Outcome:
    """Raises ValidationFailed where there is no outcome; what only speaks against it is among its `problems`."""
    serving = serving_of(analysis, parameters)
    joined = bool(serving.kept) and parameters["manual_tools"] == KEEP_CUSTOM
    place = place_of(root, serving.adapter, parameters, joined=joined)
    made = package_of(serving, place)
    rewrites = rewrite(files, _switch(serving, place))
    after = {**files, **{change.path: change.after for change in rewrites.changes}, **made}
    problems = list(_problems(analysis, serving, parameters))
    removed: dict[str, FileChange] = {}
    if parameters["cleanup_old_adapter"]:
        problems += why_not_removed(analysis, serving, after)
        removed = {serving.adapter.lines.path: FileChange(after[serving.adapter.lines.path], None)}
    changes = {
        CONFIGURE: {path: FileChange(None, content) for path, content in made.items()},
        CALLS: {change.path: FileChange(change.before, change.after) for change in rewrites.changes},
        CLEANUP: removed,
    }
    directories = place.directories(import_root_of(serving.adapter))
    return Outcome(serving, place, changes, tuple(directories), rewrites, tuple(problems))


def _switch(serving: Serving, place: Place) -> Switch:
    return Switch(
        old=serving.adapter.name,
        new=place.adapter,
        configuration_path=place.configuration,
        served=frozenset(tool.name for tool in serving.served),
        parameters={
            tool.name: tuple(one.name for one in tool.parameters if one.kind in _POSITIONAL) for tool in serving.served
        },
        renamed=serving.renamed,
    )


def _problems(analysis: Analysis, serving: Serving, parameters: Mapping[str, Any]) -> list[Problem]:
    kept = {tool.name: tool for tool in serving.kept}
    problems = [
        Problem(
            f"parameters.renames.{name}",
            f"{name} stays with the custom adapter, which knows it by this name.",
            "Take it out of the new names.",
            "kept_name",
        )
        for name in serving.renamed
        if name in kept
    ]
    if not serving.served:
        message = f"The generic adapter can serve no tool of {serving.adapter.name}."
        problems.append(Problem("parameters.edits", message, "Give entries by hand, or keep the adapter.", "no_tool"))
    elif kept and parameters["manual_tools"] != KEEP_CUSTOM:
        problems += [
            Problem(
                "parameters.manual_tools",
                f"{tool.name}: {serving.configuration['refused'][tool.name]}",
                "Give an entry by hand (edits), or choose keep_custom.",
                "manual_tool",
            )
            for tool in list(kept.values())[:MOST_NAMED]
        ]
    elif kept and not _can_serve_beside(analysis, serving):
        message = f"{serving.adapter.name} has no execute_tool, so nothing can ask it for the tools that it keeps."
        fix = "Add one that returns self.call_tool(tool_name, **arguments)."
        problems.append(Problem("parameters.manual_tools", message, fix, "no_execute_tool"))
    return problems


def _can_serve_beside(analysis: Analysis, serving: Serving) -> bool:
    if serving.adapter.form is Form.COMMANDS:
        return False
    place = serving.adapter.lines
    return not any(one.code == "no_execute_tool" and one.lines == place for one in analysis.findings)


def refuse(problems: tuple[Problem, ...]) -> None:
    """Raises ValidationFailed where there are any."""
    if problems:
        raise ValidationFailed(problems=problems)
