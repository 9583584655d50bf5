"""Which folders an interpreter needs, found without running it: it may run anybody's code at its start."""

import sys
from pathlib import Path


def shown(python: Path | None) -> tuple[str, dict[Path, Path]]:
    """The command, and what must be shown beside what the sandbox shows anyway. None is the running interpreter."""
    if python is None:
        return sys.executable, {}
    command = Path(python).absolute()
    folders = {_prefix(command), _prefix(command.resolve())}
    settings = _prefix(command) / "pyvenv.cfg"
    if settings.is_file():
        for line in settings.read_text(errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home" and value.strip():
                folders.add(_prefix(Path(value.strip()) / "python"))
    there = {Path(sys.prefix), Path(sys.base_prefix), Path("/usr")}
    needed = {one for one in folders if one != Path("/") and not any(one.is_relative_to(known) for known in there)}
    return str(command), {one: one for one in sorted(needed)}


def _prefix(command: Path) -> Path:
    return command.parent.parent
