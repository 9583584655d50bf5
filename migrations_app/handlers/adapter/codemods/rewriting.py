"""Every place of a project that uses an adapter, as it is after the switch to the generic adapter."""

from collections.abc import Mapping

from migrations_app.handlers.adapter.codemods.python.modules import rewrite_python
from migrations_app.handlers.adapter.codemods.switch import Rewrites, Switch
from migrations_app.handlers.adapter.codemods.texts import rewrite_texts


def rewrite(files: Mapping[str, bytes], switch: Switch) -> Rewrites:
    """`files` maps paths with slashes to contents. Nothing is run. What is not understood is refused and stays.

    A second time nothing changes, and nothing is refused that was not the first time.
    """
    python = rewrite_python({path: content for path, content in files.items() if path.endswith(".py")}, switch)
    others = rewrite_texts({path: content for path, content in files.items() if not path.endswith(".py")}, switch)
    changes = sorted((*python.changes, *others.changes), key=lambda one: one.path)
    return Rewrites(tuple(changes), tuple(sorted((*python.refused, *others.refused))))
