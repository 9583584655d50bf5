"""Keys by their names: what a plain word is in each format."""

import re

from migrations_app.configuration.values import Atom

WORD = re.compile(r"[a-z_][A-Za-z0-9_]*[?!]?\Z")


def key_named(name: str) -> Atom | str:
    """An atom if the name reads as one (`pool_size`, `enabled?`); text otherwise (`PYTHONPATH`, `a-b`)."""
    return Atom(name) if WORD.match(name) else name
