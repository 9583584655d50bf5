"""A new package of a migration type, from the files in `scaffold/`: it can be installed, and its tests pass."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from string import Template

from migrations_app.engine.declarations import NAME
from migrations_app.handlers import registry

SCAFFOLD = Path(__file__).parent / "scaffold"
SUFFIX = ".txt"  # so that no tool takes what is in there for code of this package
_PACKAGE = "package"


class CannotScaffold(Exception):
    """Why nothing was written."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a handler called `rotate_key` is called elsewhere."""

    name: str

    @property
    def distribution(self) -> str:
        return f"snakeweb-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """Beneath a name of its own, so that it shadows no other module."""
        return f"snakeweb_{self.name}"

    @property
    def class_name(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


def names_of(name: str) -> Names:
    """Raises CannotScaffold for a name that an installation would refuse."""
    if not NAME.fullmatch(name) or "__" in name:
        raise CannotScaffold(
            f"“{name}” cannot be the name of a migration type. Use 3 to 60 small letters, digits and single “_”, "
            "beginning with a letter, as in rotate_key."
        )
    if name in registry.built_in():
        raise CannotScaffold(f"“{name}” is a built-in migration type. Choose another name.")
    return Names(name)


def write(names: Names, parent: Path) -> Path:
    """Make the package beneath `parent` and return its directory. Raises CannotScaffold; then nothing is there."""
    place = parent / names.distribution
    if place.exists() or place.is_symlink():
        raise CannotScaffold(f"{place} is there already, and was left as it is. Choose another name or --directory.")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{names.distribution}.", dir=parent))
        try:
            for path, text in rendered(names).items():
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                (aside / path).write_text(text)
            aside.chmod(0o755)
            aside.rename(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise CannotScaffold(f"Nothing could be written beneath {parent}: {error}.") from error
    return place


def rendered(names: Names) -> dict[Path, str]:
    """The text of each file by its path in the package."""
    values = {what: getattr(names, what) for what in ("name", "distribution", "package", "class_name", "label")}
    files = {}
    for source in sorted(SCAFFOLD.rglob(f"*{SUFFIX}")):
        relative = source.relative_to(SCAFFOLD)
        parts = [names.package if part == _PACKAGE else part for part in relative.parts]
        files[Path(*parts).with_suffix("")] = Template(source.read_text()).substitute(values)
    return files
