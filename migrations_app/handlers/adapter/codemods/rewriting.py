"""Every place of a project that uses an adapter, as it is after the switch to the generic adapter."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Final

from migrations_app.handlers.adapter.codemods.python.modules import rewrite_python
from migrations_app.handlers.adapter.codemods.switch import Rewrites, Switch
from migrations_app.handlers.adapter.codemods.texts import rewrite_texts

MOST_REMEMBERED: Final = 8
_remembered: OrderedDict[Hashable, Rewrites] = OrderedDict()
_lock = Lock()


def rewrite(files: Mapping[str, bytes], switch: Switch) -> Rewrites:
    """`files` maps paths with slashes to contents. Nothing is run. What is not understood is refused and stays.

    A second time nothing changes, and nothing is refused that was not the first time. Every step of a run asks what the
    signed project becomes, so the last answers of a process are remembered, by contents and switch.
    """
    key = _key(files, switch)
    with _lock:
        if (known := _remembered.get(key)) is not None:
            _remembered.move_to_end(key)
            return known
    made = _rewritten(files, switch)
    with _lock:
        _remembered[key] = made
        while len(_remembered) > MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return made


def _rewritten(files: Mapping[str, bytes], switch: Switch) -> Rewrites:
    python = rewrite_python({path: content for path, content in files.items() if path.endswith(".py")}, switch)
    others = rewrite_texts({path: content for path, content in files.items() if not path.endswith(".py")}, switch)
    changes = sorted((*python.changes, *others.changes), key=lambda one: one.path)
    return Rewrites(tuple(changes), tuple(sorted((*python.refused, *others.refused))))


def _key(files: Mapping[str, bytes], switch: Switch) -> Hashable:
    """The files by their digests: whole projects are not held in memory for it."""
    contents = frozenset((path, hashlib.sha256(content).digest()) for path, content in files.items())
    named = (switch.old, switch.new, switch.configuration_path, switch.served)
    return contents, *named, frozenset(switch.parameters.items()), frozenset(switch.renamed.items())
