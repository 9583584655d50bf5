"""Files that a command is given: read as text, and as YAML where the command itself has to know what they say."""

import io
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from migrations_app.cli.exits import CommandFailed, Exit

MOST_BYTES = 2 * 1024 * 1024  # what the API reads


def text_of(file: Path) -> str:
    """`-` is standard input. Raises CommandFailed (USAGE)."""
    try:
        text = sys.stdin.read(MOST_BYTES + 1) if str(file) == "-" else _read(file)
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(Exit.USAGE, f"{file} is not UTF-8 text.") from error
    if len(text) > MOST_BYTES:
        raise CommandFailed(Exit.USAGE, f"{file} is larger than {MOST_BYTES // 1024**2} MiB; it was not read further.")
    return text


def all_of(file: Path) -> list[Any]:
    """Every YAML document of a file. Raises CommandFailed: USAGE, or INVALID for what is no YAML."""
    try:
        return [each for each in YAML(typ="safe", pure=True).load_all(io.StringIO(text_of(file))) if each is not None]
    except YAMLError as error:
        raise CommandFailed(Exit.INVALID, f"{file} is not YAML: {' '.join(str(error).split())}") from error


def _read(file: Path) -> str:
    with file.open(encoding="utf-8") as opened:
        return opened.read(MOST_BYTES + 1)
