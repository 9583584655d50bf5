"""The configuration file: servers by profile, with the tokens that `snakeweb login` put there.

TOML at `$XDG_CONFIG_HOME/snakeweb/config.toml` (SNAKEWEB_CONFIG names another file), readable by its owner alone:

    default = "staging"

    [profiles.staging]
    url = "https://snakeweb.example"
    token = "swk_..."
    output = "json"
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from migrations_app.cli.exits import CommandFailed, Exit

OTHERS = stat.S_IRWXG | stat.S_IRWXO
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is not set is ''. `output` is text or json."""

    name: str
    url: str = ""
    token: str = field(default="", repr=False)
    output: str = ""


def path() -> Path:
    if named := os.environ.get("SNAKEWEB_CONFIG"):
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "snakeweb" / "config.toml"


def profile(name: str = "") -> Profile:
    """The profile of that name, or the default one, which need not be there.

    Raises CommandFailed (USAGE) for a profile that is not there, and for a file that cannot be read, that others
    could read, or that holds what no profile has.
    """
    document = _read(path())
    wanted = name or _text(document, "default", "default") or DEFAULT
    table = document.get("profiles", {}).get(wanted)
    if table is None:
        if name:
            known = ", ".join(names()) or "none yet"
            raise CommandFailed(
                Exit.USAGE, f"There is no profile “{name}” in {path()} (there: {known}). `snakeweb login` makes one."
            )
        return Profile(wanted)
    unknown = set(table) - {"url", "token", "output"}
    if unknown:
        raise CommandFailed(
            Exit.USAGE, f"{path()}: profile {wanted} has “{min(unknown)}”, which means nothing. Take it out."
        )
    return Profile(wanted, *(_text(table, key, f"profiles.{wanted}.{key}") for key in ("url", "token", "output")))


def names() -> list[str]:
    return sorted(_read(path()).get("profiles", {}))


def keep(kept: Profile) -> None:
    """Write this profile; the first one becomes the default. What else stands in the file stays, comments too."""

    def change(document: TOMLDocument) -> None:
        if "profiles" not in document:
            document.setdefault("default", kept.name)
            document["profiles"] = tomlkit.table(is_super_table=True)
        table = tomlkit.table()
        table.update({"url": kept.url, "token": kept.token} | ({"output": kept.output} if kept.output else {}))
        document["profiles"][kept.name] = table

    _change(change)


def forget_token(name: str) -> None:
    """Take the token out of this profile. Nothing happens where there is none."""

    def change(document: TOMLDocument) -> None:
        document.get("profiles", {}).get(name, {}).pop("token", None)

    _change(change)


def _change(change: Callable[[TOMLDocument], None]) -> None:
    """Two at once wait for each other, and a reader sees the old file or the new one."""
    file = path()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(file.parent):
            document = _read(file)
            change(document)
            descriptor, beside = tempfile.mkstemp(dir=file.parent, prefix=".config-")  # 0600 from the start
            with os.fdopen(descriptor, "w") as written:
                written.write(tomlkit.dumps(document))
                written.flush()
                os.fsync(written.fileno())
            Path(beside).replace(file)
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(file: Path) -> TOMLDocument:
    try:
        with file.open() as opened:
            mode = os.fstat(opened.fileno()).st_mode
            document = tomlkit.load(opened)
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be read: {error.strerror or error}.") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise CommandFailed(Exit.USAGE, f"{file} is not TOML: {error}.") from error
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise CommandFailed(Exit.USAGE, f"{file}: “profiles” is no table of tables, as [profiles.staging].")
    if mode & OTHERS and any("token" in table for table in profiles.values()):
        raise CommandFailed(
            Exit.USAGE, f"{file} holds a token and others of this machine may read it. Say `chmod 600 {file}`."
        )
    return document


def _text(table: object, key: str, named: str) -> str:
    value = table.get(key, "") if isinstance(table, dict) else ""
    if not isinstance(value, str):
        raise CommandFailed(Exit.USAGE, f"{path()}: “{named}” is no text. Write it in quotes.")
    return str(value).strip()
