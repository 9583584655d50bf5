"""Where a text names an adapter: `--adapter pkg.module.Class` and the like."""

import re

from migrations_app.handlers.adapter.codemods.switch import Switch


def names_old(switch: Switch) -> re.Pattern[str]:
    """The dotted path as a whole word, also with a colon before the class."""
    return re.compile(rf"(?<![\w.]){re.escape(switch.old_module)}[.:]{re.escape(switch.old_class)}(?!\w)")


def mentions_old(content: bytes, switch: Switch) -> bool:
    """Cheap, and true for everything that `names_old` can find."""
    return switch.old_module.encode() in content and switch.old_class.encode() in content
