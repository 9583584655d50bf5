"""SQL that a schema migration carries out, by the kind of database."""

from collections.abc import Callable, Sequence
from typing import Any


def carrying_out(statements: Callable[[str], Sequence[str]]) -> Callable[[Any, Any], None]:
    """For RunPython. `statements` takes Django's name of the kind, such as `sqlite`."""

    def run(apps: Any, schema_editor: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            for statement in statements(schema_editor.connection.vendor):
                cursor.execute(statement)

    return run
