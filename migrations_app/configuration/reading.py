"""A configuration from its bytes, whatever its format."""

import posixpath
from collections.abc import Iterable

from migrations_app.configuration.document import Configuration, FileFormat
from migrations_app.configuration.formats.documents.json_tree import json_tree
from migrations_app.configuration.formats.documents.reader import Tree, read_document
from migrations_app.configuration.formats.documents.toml_tree import toml_tree
from migrations_app.configuration.formats.documents.yaml_tree import yaml_tree
from migrations_app.configuration.formats.elixir.reader import ENVIRONMENTS, ElixirReader, Files

DOCUMENTS: dict[str, tuple[FileFormat, Tree]] = {
    ".json": (FileFormat.JSON, json_tree),
    ".yaml": (FileFormat.YAML, yaml_tree),
    ".yml": (FileFormat.YAML, yaml_tree),
    ".toml": (FileFormat.TOML, toml_tree),
}


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
    if ending in DOCUMENTS:
        return read_document(path, content, *DOCUMENTS[ending])
    raise UnknownFormat(f"{path} is not read: name it .exs, .ex, .json, .yaml, .yml or .toml, by what it holds.")
