"""JSON of any text, on either database.

PostgreSQL's `jsonb` holds neither NUL nor half of a surrogate pair; SQLite holds both. Keys of other people's rows have
them, and a checkpoint that cannot be stored would be tried again for ever. Such a document is kept as its own JSON
text, which is ASCII.
"""

import json
import re
from typing import Any

from django.db import models

AS_TEXT = "json text"
_UNFIT = re.compile(r"[\0\ud800-\udfff]")


class PortableJSON(models.JSONField):
    """To Django's schema migrations it is a `JSONField`; a path into a document that is kept as text finds nothing."""

    def deconstruct(self) -> Any:
        name, _, arguments, named = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, named

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(_portable(value), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return json.loads(found[AS_TEXT]) if isinstance(found, dict) and found.keys() == {AS_TEXT} else found


def _portable(value: Any) -> Any:
    return {AS_TEXT: json.dumps(value)} if _is_unfit(value) else value


def _is_unfit(value: Any) -> bool:
    """Also what would be taken for a document that is kept as text."""
    if isinstance(value, str):
        return _UNFIT.search(value) is not None
    if isinstance(value, dict):
        return value.keys() == {AS_TEXT} or any(_is_unfit(key) or _is_unfit(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(map(_is_unfit, value))
