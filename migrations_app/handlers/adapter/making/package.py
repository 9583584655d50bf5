"""The files that a project gets: the generic adapter's package, its configuration, and what joins it with the custom
adapter where that goes on serving some of the tools."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.handlers.adapter import generic
from migrations_app.handlers.adapter.facts import Adapter
from migrations_app.handlers.adapter.making.serving import Serving
from migrations_app.handlers.project.reading import PASSED_OVER

TOOLS = "tools.json"
JOINED = "with_custom"
_ONLY_JOINED = "beside.py"
_RECORDING = "recording.py"  # for before the switch, not for behind it


@dataclass(frozen=True, slots=True)
class Place:
    """Where the package lies. `folder` is its path in the project, `module` what the workers import, `configuration`
    what SNAKEPIT_GENERIC_ADAPTER is to be. `joined`: the custom adapter goes on serving beside it."""

    folder: str
    module: str
    configuration: str
    joined: bool = False

    @property
    def adapter(self) -> str:
        """For `--adapter`."""
        return f"{self.module}.{JOINED}.Adapter" if self.joined else f"{self.module}.GenericAdapter"

    def directories(self, import_root: str) -> list[str]:
        """Those that are new with it, the outermost first."""
        ways = [path.as_posix() for path in (*reversed(PurePosixPath(self.folder).parents), PurePosixPath(self.folder))]
        return [way for way in ways if way not in (".", "") and way != import_root and not _holds(way, import_root)]


def import_root_of(adapter: Adapter) -> str:
    """The directory, as a path in the project, from which the adapter is imported; '' for the project's own."""
    module = adapter.name.rpartition(".")[0].split(".")
    parts = PurePosixPath(adapter.lines.path).with_suffix("").parts
    return "/".join(parts[: len(parts) - len(module)])


def place_of(root: Path, adapter: Adapter, parameters: Mapping[str, Any], *, joined: bool) -> Place:
    """Raises ValidationFailed for a place that cannot be imported from, or is taken."""
    import_root = import_root_of(adapter)
    wanted = str(parameters["place"]).strip("/").removeprefix(f"{import_root}/" if import_root else "")
    names = wanted.split("/")
    folder = "/".join(filter(None, (import_root, wanted)))
    if not all(name.isidentifier() and name not in PASSED_OVER for name in names):
        message = f"“{wanted}” cannot be imported from."
        raise _refused(message, "Use names of letters, digits and underscores.", "not_importable")
    if (root / folder).exists() or (root / folder).is_symlink():
        raise _refused(f"{folder} is there already.", "Name a folder that is not there.", "place_taken")
    if parameters["configuration_path"] and not Path(parameters["configuration_path"]).is_absolute():
        problem = Problem("parameters.configuration_path", "This is not a whole path.", "Begin with /.", "not_absolute")
        raise ValidationFailed(problems=[problem])
    configuration = str(parameters["configuration_path"]) or str(root / folder / TOOLS)
    return Place(folder, ".".join(names), configuration, joined)


def package_of(serving: Serving, place: Place) -> dict[str, bytes]:
    """Contents by their path in the project."""
    sources = sorted(Path(generic.__file__).parent.glob("*.py"))
    others = {_RECORDING} if place.joined else {_RECORDING, _ONLY_JOINED}
    files = {path.name: path.read_bytes() for path in sources if path.name not in others}
    files[TOOLS] = json.dumps(serving.written, indent=2, ensure_ascii=False).encode() + b"\n"
    if place.joined:
        files[f"{JOINED}.py"] = _joined(serving.adapter.name)
    return {f"{place.folder}/{name}": content for name, content in sorted(files.items())}


def _joined(adapter: str) -> bytes:
    module, _, name = adapter.removesuffix(".__init__").rpartition(".")
    module = module.removesuffix(".__init__")
    return (
        f'"""{name} with the tools of {TOOLS} served from there, and all others by itself."""\n\n'
        f"from {module} import {name}\n\nfrom .beside import beside\n\nAdapter = beside({name})\n"
    ).encode()


def _holds(way: str, path: str) -> bool:
    """Whether `path` lies in the directory `way`."""
    return path == way or path.startswith(f"{way}/")


def _refused(message: str, fix: str, code: str) -> ValidationFailed:
    return ValidationFailed(problems=[Problem("parameters.place", message, fix, code)])
