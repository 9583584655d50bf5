"""A project's files at another version of Snakepit: what breaks, what behaves otherwise, what is on its way out."""

from collections.abc import Iterator, Mapping

from migrations_app.snakepit import surface
from migrations_app.snakepit.surface import Language
from migrations_app.snakepit.versions import Version
from migrations_app.sources import elixir, elixir_changes, python, python_changes
from migrations_app.sources.elixir import ElixirSource
from migrations_app.sources.findings import SourceFinding, Weight
from migrations_app.sources.places import Place, SourceTooDeep
from migrations_app.sources.python import PythonSource
from migrations_app.sources.requirements import mix_allows, pinned_below

MOST_BYTES = 10 * 1024 * 1024
_LEAST_PACKAGES = {"grpcio": "1.76.0", "protobuf": "6.31.1"}  # from 0.8.5 on
_PACKAGES_SINCE = "0.8.5"
Found = Iterator[SourceFinding]


def check(files: Mapping[str, bytes], *, origin: Version, to: Version) -> tuple[SourceFinding, ...]:
    """By path and line. `files` maps a path in the project to its content; those in other languages say nothing."""
    found: list[SourceFinding] = []
    for path, content in files.items():
        try:
            found += _of_file(path, content, origin, to)
        except SourceTooDeep:
            found.append(_unread(path, Place(1, 0, 0), "It is nested deeper than it can be read."))
    return tuple(sorted(set(found), key=lambda one: (one.path, one.line, one.change, one.subject)))


def reads(path: str) -> bool:
    """Whether `check` looks into a file of this name."""
    return path.endswith((".ex", ".exs", ".py")) or _lists_packages(path)


def _of_file(path: str, content: bytes, origin: Version, to: Version) -> Found:
    if reads(path) and len(content) > MOST_BYTES:
        yield _unread(path, Place(1, 0, 0), f"It is larger than {MOST_BYTES // 1024 // 1024} MB.")
    elif path.endswith((".ex", ".exs")):
        source = elixir.read(content)
        yield from _lost_in_elixir(path, source, origin, to)
        for change in elixir_changes.CHANGES:
            yield from change.findings(path, source, origin=origin, to=to)
        if path.rpartition("/")[2] == "mix.exs":
            yield from _mix(path, source, to)
        yield from (_unread(path, place, "From here on it is not valid Elixir.") for place in source.broken[:1])
    elif path.endswith(".py"):
        script = python.read(content)
        yield from _lost_in_python(path, script, origin, to)
        for rule in python_changes.CHANGES:
            yield from rule.findings(path, script, origin=origin, to=to)
        yield from (_unread(path, place, "It is not valid Python.") for place in script.broken[:1])
    elif _lists_packages(path):
        yield from _packages(path, content.decode(errors="replace"), to)


def _lost_in_elixir(path: str, source: ElixirSource, origin: Version, to: Version) -> Found:
    for one in source.references:
        if _module_is_lost(Language.ELIXIR, one.module, to):
            yield _lost_module(path, one.place, Language.ELIXIR, one.module, origin, to)
        elif one.function and one.arity is not None:
            name = f"{one.function}/{one.arity}"
            if surface.lost_name(Language.ELIXIR, one.module, name, origin=origin, to=to):
                yield _lost_name(path, one.place, Language.ELIXIR, one.module, name, to)


def _lost_in_python(path: str, source: PythonSource, origin: Version, to: Version) -> Found:
    contexts = surface.names_lost(Language.PYTHON, "snakepit_bridge.session_context", origin=origin, to=to)
    lost_methods = {name.partition(".")[2] for name in contexts if name.startswith("SessionContext.")}
    bridged = any(one.module.partition(".")[0] == "snakepit_bridge" for one in source.imports)
    for one in source.imports:
        named = f"{one.module}.{one.name}" if one.name else one.module
        for module in dict.fromkeys((named, one.module)):
            if _module_is_lost(Language.PYTHON, module, to):
                yield _lost_module(path, one.place, Language.PYTHON, module, origin, to)
                break
        else:
            if surface.lost_name(Language.PYTHON, one.module, one.name, origin=origin, to=to):
                yield _lost_name(path, one.place, Language.PYTHON, one.module, one.name, to)
    for call in source.calls:
        receiver, _, method = call.name.rpartition(".")
        if method in lost_methods and (bridged or any(map(python_changes.is_adapter, source.classes))) and receiver:
            name = f"SessionContext.{method}"
            yield _lost_name(path, call.place, Language.PYTHON, "snakepit_bridge.session_context", name, to)


def _module_is_lost(language: Language, module: str, to: Version) -> bool:
    return surface.is_known(language, module) and not surface.has_module(language, module, to)


def _lost_module(
    path: str, place: Place, language: Language, module: str, origin: Version, to: Version
) -> SourceFinding:
    here = "" if surface.has_module(language, module, origin) else f"It is not in {origin} either. "
    message = f"{module} is not in Snakepit {to}: it is in {surface.releases_of(language, module)}."
    advice = f"{here}Take it out, or put in its place what {to} has for it."
    return SourceFinding(path, place.line, "module_gone", str(to), Weight.BREAKS, module, message, advice)


def _lost_name(path: str, place: Place, language: Language, module: str, name: str, to: Version) -> SourceFinding:
    having = surface.releases_of(language, module, name)
    message = f"{module}.{name} is not in Snakepit {to}: it is in {having}."
    advice = f"Take the call out, or use what {to} has for it; the module itself is there."
    return SourceFinding(path, place.line, "function_gone", str(to), Weight.BREAKS, f"{module}.{name}", message, advice)


def _mix(path: str, source: ElixirSource, to: Version) -> Found:
    for name, requirement, place in source.dependencies:
        if name == "snakepit" and not mix_allows(requirement, to):
            message = f"The project asks for snakepit “{requirement}”, which does not allow {to}."
            advice = f"Ask for “~> {to}”, and fetch the dependencies again, before the pool is restarted."
            yield SourceFinding(
                path,
                place.line,
                "dependency_too_narrow",
                str(to),
                Weight.BREAKS,
                f"snakepit {requirement}",
                message,
                advice,
            )


def _packages(path: str, content: str, to: Version) -> Found:
    if to < Version(_PACKAGES_SINCE):
        return
    for package, least in _LEAST_PACKAGES.items():
        for line, text in pinned_below(content, package, least):
            message = f"From Snakepit {_PACKAGES_SINCE} on the Python side needs {package} {least} or newer."
            advice = f"Allow {package} {least}, and install it where the workers run."
            yield SourceFinding(path, line, "package_too_old", _PACKAGES_SINCE, Weight.BREAKS, text, message, advice)


def _lists_packages(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("requirements") and name.endswith(".txt")


def _unread(path: str, place: Place, why: str) -> SourceFinding:
    advice = "Look through the file by hand, or mend it and plan again."
    return SourceFinding(path, place.line, "unread", "", Weight.UNREAD, path, why, advice)
