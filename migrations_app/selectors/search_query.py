"""What somebody typed into a search, as words and filters.

`kind:run state:failed env:prod carts` asks for runs that failed in an environment whose name begins with prod and
whose migration says carts. “run 14” is the same as `kind:run 14`. Everything that is no filter is looked for as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

LONGEST = 200
MOST_WORDS = 8
FILTERS = ("kind", "state", "env")
_PART = re.compile(r'(?:(?P<key>kind|state|env):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>\S+))', re.IGNORECASE)
_NUMBER = re.compile(r"#?([0-9]{1,15})")
_HEX = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """`kind` is a name of the table of nouns once `named` was given it; `left_out` counts words beyond the most."""

    words: tuple[str, ...] = ()
    kind: str = ""
    state: str = ""
    environment: str = ""
    left_out: int = 0

    @property
    def empty(self) -> bool:
        return not (self.words or self.kind or self.state or self.environment)

    @property
    def phrase(self) -> str:
        return " ".join(self.words)

    @property
    def number(self) -> int | None:
        """Of the one word that is a number, with or without `#`."""
        found = _NUMBER.fullmatch(self.words[0]) if len(self.words) == 1 else None
        return int(found[1]) if found else None

    @property
    def beginning(self) -> str:
        """Of a digest: the one word of at least six hexadecimal figures, or ''."""
        word = self.words[0].lower() if len(self.words) == 1 else ""
        return word if _HEX.fullmatch(word) else ""

    @property
    def text(self) -> str:
        """As somebody would type it."""
        filters = zip(FILTERS, (self.kind, self.state, self.environment), strict=True)
        said = [f"{key}:{_quoted(value)}" for key, value in filters if value]
        return " ".join([*said, *map(_quoted, self.words)])

    def of_kind(self, kind: str) -> "SearchQuery":
        return replace(self, kind=kind)


def read(typed: str) -> SearchQuery:
    """Of any text; it never fails. What stands beyond the longest query is not read."""
    words: list[str] = []
    filters: dict[str, str] = {}
    for part in _PART.finditer(typed[:LONGEST].replace("\x00", "")):
        value = (part["quoted"] if part["quoted"] is not None else part["bare"]).strip()
        if part["key"] and value:
            filters[part["key"].lower()] = value
        elif value:
            words.append(value)
    return SearchQuery(
        words=tuple(words[:MOST_WORDS]),
        kind=filters.get("kind", "").casefold(),
        state=filters.get("state", "").casefold().replace(" ", "_").replace("-", "_"),
        environment=filters.get("env", ""),
        left_out=max(0, len(words) - MOST_WORDS),
    )


def named(query: SearchQuery, names: Mapping[str, str]) -> SearchQuery:
    """With the kind under its own name. `names`: each word that stands for a kind, such as its plural, and the kind."""
    if query.kind:
        return query.of_kind(names.get(query.kind, query.kind))
    about = names.get(query.words[0].casefold()) if len(query.words) == 2 else None
    if about and _NUMBER.fullmatch(query.words[1]):
        return replace(query, kind=about, words=query.words[1:])
    return query


def spellings(word: str) -> Iterable[str]:
    """A database may fold the case of ASCII letters alone (SQLite does): other words are tried in each usual case."""
    return (word,) if word.isascii() else dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))


def _quoted(value: str) -> str:
    filter_like = any(value.casefold().startswith(f"{key}:") for key in FILTERS)
    return f'"{value}"' if " " in value or filter_like else value
