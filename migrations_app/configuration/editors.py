"""The editor of a file, by its format."""

from collections.abc import Callable

from migrations_app.configuration.document import Configuration, FileFormat
from migrations_app.configuration.edits import Editor
from migrations_app.configuration.formats.elixir.editing import ElixirEditor

EDITORS: dict[FileFormat, Callable[[Configuration], Editor]] = {FileFormat.ELIXIR: ElixirEditor}


def editor_of(configuration: Configuration, path: str) -> Editor:
    """Raises KeyError for a file that is not the configuration's."""
    return EDITORS[configuration.files[path].format](configuration)
