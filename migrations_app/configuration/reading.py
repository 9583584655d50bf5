"""A configuration from its bytes, whatever its format."""

import posixpath
from collections.abc import Iterable

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.formats.elixir.reader import ENVIRONMENTS, ElixirReader, Files


class UnknownFormat(ValueError):
    """The file's name says none of the formats that are read."""


def no_files(_path: str) -> None:
    """For a configuration of one file."""


def read(
    path: str, content: bytes, files: Files = no_files, *, environments: Iterable[str] = ENVIRONMENTS
) -> Configuration:
    """Never raises for what stands in the file: that is in the configuration's `problems`.

    `path` says the format by its ending. `files` gives the bytes of another file by its path, written as `path` is, or
    None if there is none. `environments`: those to look for beside the ones that the files name. Raises UnknownFormat.
    """
    ending = posixpath.splitext(path)[1].lower()
    if ending in {".exs", ".ex"}:
        return ElixirReader(files, environments).read(path, content)
    raise UnknownFormat(f"{path} is not read: name it .exs, .ex, .json, .yaml, .yml or .toml, by what it holds.")
