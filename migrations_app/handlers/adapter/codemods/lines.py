"""Files that are read line by line: scripts, units and compose files that name the adapter on a command line."""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Final

from migrations_app.handlers.adapter.codemods.naming import mentions_old, names_old
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch
from migrations_app.handlers.adapter.facts import Lines

_ENDINGS: Final = frozenset(
    """
    .sh .bash .zsh .fish .bat .cmd .ps1 .service .env .mk .cfg .ini .conf
    .json .yaml .yml .toml .eex .heex .leex .livemd
    """.split()  # noqa: SIM905
)
_NAMES: Final = ("Dockerfile", "Containerfile", "Procfile", "Makefile", "justfile", "Justfile", ".env", ".envrc")
_COMMENTS: Final = ("#", "//", ";", "<%#", "<!--")
ADVICE: Final = "Change it by hand, and give the process SNAKEPIT_GENERIC_ADAPTER."


def is_read(path: str) -> bool:
    name = posixpath.basename(path)
    return posixpath.splitext(name)[1].lower() in _ENDINGS or name.startswith(_NAMES)


def refused_lines(path: str, content: bytes, switch: Switch, changed: Iterable[Lines] = ()) -> Iterator[Refused]:
    """Lines that name the adapter and are no comment; `changed`: those that are seen to already."""
    if not mentions_old(content, switch):
        return
    done = {line for one in changed for line in range(one.first, one.last + 1)}
    named = names_old(switch)
    for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
        if number not in done and named.search(line) and not line.lstrip().startswith(_COMMENTS):
            message = "The line names the adapter, and is not of a kind that is rewritten."
            yield Refused(Lines(path, number, number), "named", message, ADVICE)
