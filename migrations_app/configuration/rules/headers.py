"""A TOML table under a header of its own, as the only one of an array, and back: `[a.b]` and `[[a.c]]`."""

import re

from migrations_app.configuration.document import FileFormat, Setting
from migrations_app.configuration.edits import Edit
from migrations_app.configuration.rules.ground import Ground, Wish


def has_header(ground: Ground, setting: Setting) -> bool:
    file = ground.configuration.files[setting.span.file]
    return file.format is FileFormat.TOML and ground.text(setting.span).startswith("[")


def listed(ground: Ground, setting: Setting, name: str) -> tuple[Wish, ...]:
    """`[snakepit.pool_config]` as `[[snakepit.pools]]`; nothing where tables of its own stand under it."""
    opening, closing = setting.span.start, _closing(ground, setting)
    return _header(ground, setting, name, Edit(setting.span.file, opening, opening, b"["), (closing, closing, b"]"))


def unlisted(ground: Ground, setting: Setting, name: str) -> tuple[Wish, ...]:
    """The way back."""
    opening, closing = setting.span.start, _closing(ground, setting)
    return _header(
        ground, setting, name, Edit(setting.span.file, opening, opening + 1, b""), (closing, closing + 1, b"")
    )


def _header(
    ground: Ground, setting: Setting, name: str, opening: Edit, closing: tuple[int, int, bytes]
) -> tuple[Wish, ...]:
    key, file = setting.key_span, setting.span.file
    content = ground.configuration.files[file].content
    if re.search(rb"^\s*\[+[^\]\n]*\b" + re.escape(setting.key.encode()) + rb"\s*\.", content, re.MULTILINE):
        return ()
    edits = (opening, Edit(file, key.start, key.end, name.encode()), Edit(file, *closing))
    return (Wish(file, lambda editor: edits),)


def _closing(ground: Ground, setting: Setting) -> int:
    return ground.configuration.files[setting.span.file].content.index(b"]", setting.key_span.end)
