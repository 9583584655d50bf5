"""The editor of a file, by its format."""

from collections.abc import Callable

from migrations_app.configuration.document import Configuration, FileFormat
from migrations_app.configuration.edits import Editor
from migrations_app.configuration.formats.documents.json_editing import JsonEditor
from migrations_app.configuration.formats.documents.toml_editing import TomlEditor
from migrations_app.configuration.formats.documents.yaml_editing import YamlEditor
from migrations_app.configuration.formats.elixir.editing import ElixirEditor

EDITORS: dict[FileFormat, Callable[[Configuration], Editor]] = {
    FileFormat.ELIXIR: ElixirEditor,
    FileFormat.JSON: JsonEditor,
    FileFormat.YAML: YamlEditor,
    FileFormat.TOML: TomlEditor,
}


def editor_of(configuration: Configuration, path: str) -> Editor:
    """Raises KeyError for a file that is not the configuration's."""
    return EDITORS[configuration.files[path].format](configuration)
