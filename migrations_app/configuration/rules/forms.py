"""Keyword lists where only a map works. Other formats have no keyword lists, so these are Elixir's own marks."""

from collections.abc import Iterator

from migrations_app.configuration.edits import Edit
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.ground import Change, Ground, Wish
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.values import Entry, Form, Table


def braces(ground: Ground, table: Table) -> tuple[Wish, ...]:
    """A keyword list as a map; nothing where an entry is written as a tuple, which a map cannot hold."""
    if any(ground.text(entry.span).startswith("{") for entry in table.entries):
        return ()
    span = table.span
    width = 1 if ground.text(span).startswith("[") else 0
    return _bytes(
        Edit(span.file, span.start, span.start + width, b"%{"),
        Edit(span.file, span.end - width, span.end, b"}"),
    )


def _bytes(*edits: Edit) -> tuple[Wish, ...]:
    return (Wish(edits[0].file, lambda editor: edits),)


def pool_of_keyword(ground: Ground, entry: Entry) -> tuple[Wish, ...]:
    """`default: [pool_size: 4]` as `%{name: :default, pool_size: 4}`; nothing where that cannot be done safely."""
    table = entry.value
    if not isinstance(table, Table) or table.form is Form.MAP or not table.entries or not braces(ground, table):
        return ()
    content = ground.configuration.files[entry.span.file].content
    if not ground.text(table.span).startswith("[") or content[entry.span.start : entry.span.start + 1] == b"{":
        return ()
    first = table.entries[0].span.start
    gap = content[table.span.start + 1 : first]
    between = gap if not gap.strip() else b""
    name = ground.text(entry.key.span).rstrip(":").strip()
    opening = b"%{" + between + f"name: :{name},".encode() + (b"" if gap else b" ")
    return _bytes(
        Edit(entry.span.file, entry.span.start, table.span.start + 1, opening),
        Edit(entry.span.file, table.span.end - 1, table.span.end, b"}"),
    )


def _as_map(key: str, crash: str) -> Rule:
    """Nothing worked before, so no meaning is lost; but two keyword lists merge, and maps do not."""

    def forward(ground: Ground) -> Iterator[Change]:
        for setting in ground.of(key):
            table = setting.value
            if not isinstance(table, Table) or table.form is Form.MAP:
                continue
            wishes = braces(ground, table) if len(ground.of(key)) == 1 else ()
            by_hand = f"{crash} It cannot be rewritten safely here: write each of its places as one whole map."
            yield Change(
                key,
                setting.span,
                wishes,
                "" if wishes else by_hand,
                None if wishes else Manner.MANUAL,
            )

    title = f"`{key}` as a keyword list becomes a map"
    return Rule(f"map-of-{key}", "0.3.0", Manner.AUTOMATIC, title, crash, forward, WayBack.NOTHING, leftovers=True)


RULES = (
    _as_map("pool_config", "`pool_config` as a keyword list crashes the start with BadMapError; only a map works."),
    _as_map(
        "session_store",
        "`session_store` as a keyword list, as a guide shows it, crashes the session store with BadMapError; only a "
        "map works.",
    ),
)
