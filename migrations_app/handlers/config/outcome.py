"""What a plan's wish makes of a configuration's files: the result of a conversion, or a snapshot's content.

A pure function of contents, parameters and (for a restore) the snapshot: planning, dry run and worker ask it alike.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.configuration.conversion import NoWay, convert
from migrations_app.configuration.detection import Detection, detect
from migrations_app.configuration.document import Configuration
from migrations_app.configuration.hunk import Hunk
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.reading import UnknownFormat, read
from migrations_app.configuration.schema import validate
from migrations_app.engine.errors import MigrationError, Problem, ValidationFailed
from migrations_app.engine.plan import Target
from migrations_app.engine.ports import Artifacts
from migrations_app.files.reading import read as read_file
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.snapshots import Contents
from migrations_app.handlers.config.target import place_of
from migrations_app.snakepit.versions import UnknownVersion, Version

MOST_CANDIDATES = 8
_FINGERPRINT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`origin` is empty where the version is not known and not needed (a restore). `reversible`: by rules too."""

    origin: str
    to: str
    before: Contents
    after: Contents
    hunks: tuple[Hunk, ...] = ()
    problems: tuple[ConfigProblem, ...] = ()
    reversible: bool = True
    restores: str = ""

    @property
    def changes(self) -> bool:
        return dict(self.before) != dict(self.after)


def open_configuration(target: Target) -> Configuration:
    """All files of the target, read from the disk, never written. Raises FileUnusable and ValidationFailed."""
    place = place_of(target.config)

    def other(name: str) -> bytes | None:
        path = place.file(name)
        return read_file(path, roots=target.roots) if path.exists() else None

    return _read(place.first, read_file(place.path, roots=target.roots), other)


def contents_of(configuration: Configuration) -> dict[str, bytes]:
    return {name: file.content for name, file in configuration.files.items()}


def configuration_of(first: str, contents: Contents) -> Configuration:
    """The same from bytes that are known. `first` is the name of the first file."""
    return _read(first, contents[first], contents.get)


def outcome_of(
    target: Target, contents: Contents, parameters: Mapping[str, Any], artifacts: Artifacts | None
) -> Outcome:
    """Raises ValidationFailed with every problem, each with its field."""
    first = place_of(target.config).first
    if parameters.get("restore"):
        return _restored(target, first, contents, str(parameters["restore"]), artifacts)
    configuration = configuration_of(first, contents)
    origin, to = _versions(configuration, parameters)
    try:
        conversion = convert(configuration, origin=origin, to=to)
    except NoWay as error:
        fix = "Restore a snapshot of the history, change what is named, or choose another version."
        raise ValidationFailed(problems=[Problem("parameters.to_version", str(error), fix, "no_way_back")]) from error
    return Outcome(
        str(origin),
        str(to),
        contents,
        conversion.after,
        conversion.hunks,
        conversion.problems,
        conversion.reversible,
    )


def judged(first: str, contents: Contents, version: str) -> dict[str, int]:
    """How many problems of each severity a version has with these files; nothing for a version that is not known."""
    if not version:
        return {}
    found = validate(configuration_of(first, contents), Version.named(version))
    return dict(Counter(str(problem.severity) for problem in found))


def newest_possible(first: str, contents: Contents) -> str:
    """The version that these files were written for; '' where several fit, or where the first file is not among them
    (a snapshot from when the target began at another one)."""
    if first not in contents:
        return ""
    found = detect(configuration_of(first, contents))
    return str(found.possible[-1]) if found.certain else ""


def _read(first: str, content: bytes, other: Any) -> Configuration:
    try:
        return read(first, content, other)
    except UnknownFormat as error:
        raise ValidationFailed(str(error)) from error


def _restored(target: Target, first: str, contents: Contents, restore: str, artifacts: Artifacts | None) -> Outcome:
    after = _snapshot(target, restore, artifacts)
    missing = sorted(after.keys() - contents.keys())
    if missing:
        message = f"The snapshot has {', '.join(missing)}, and there is no such file now."
        fix = "Make an empty file of that name first; a migration replaces files and makes none."
        raise ValidationFailed(problems=[Problem("parameters.restore", message, fix, "file_missing")])
    before = {name: contents[name] for name in after}
    version = newest_possible(first, after)
    problems = validate(configuration_of(first, after), Version.named(version)) if version else ()
    return Outcome(newest_possible(first, before), version, before, after, (), problems, True, restore)


def _snapshot(target: Target, restore: str, artifacts: Artifacts | None) -> dict[str, bytes]:
    fix = "Take the fingerprint from the history of the configuration."
    if artifacts is None or not _FINGERPRINT.fullmatch(restore):
        message = f"“{restore[:64]}” is no fingerprint of a snapshot."
        raise ValidationFailed(problems=[Problem("parameters.restore", message, fix, "unknown_snapshot")])
    try:
        return snapshots.load(artifacts, target.id, restore)
    except MigrationError as error:
        problem = Problem("parameters.restore", error.message, fix, "unknown_snapshot")
        raise ValidationFailed(problems=[problem]) from error


def _versions(configuration: Configuration, parameters: Mapping[str, Any]) -> tuple[Version, Version]:
    problems: list[Problem] = []
    to = _named("to_version", parameters["to_version"], problems)
    if parameters["from_version"]:
        origin = _named("from_version", parameters["from_version"], problems)
    else:
        origin = _detected(detect(configuration), problems)
    if origin is None or to is None or problems:
        raise ValidationFailed(problems=problems)
    return origin, to


def _named(field: str, text: str, problems: list[Problem]) -> Version | None:
    try:
        return Version.named(str(text))
    except UnknownVersion as error:
        problems.append(Problem(f"parameters.{field}", str(error), "Write one as 0.13.0 or 0.13.", "unknown_version"))
        return None


def _detected(found: Detection, problems: list[Problem]) -> Version | None:
    if found.certain:
        return found.possible[0]
    some = list(map(str, found.possible))
    named = ", ".join(some if len(some) <= MOST_CANDIDATES else [*some[:3], "...", *some[-4:]])
    seen = "; ".join(f"{one.says} ({one.span.file}:{one.span.line})" for one in found.evidence[:MOST_CANDIDATES])
    problems.append(
        Problem(
            "parameters.from_version",
            f"{found.summary}{f' What it goes by: {seen}.' if seen else ''}",
            f"Give the version that it runs on now, one of: {named}.",
            "ambiguous_version",
        )
    )
    return None
