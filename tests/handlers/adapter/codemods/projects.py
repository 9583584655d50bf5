"""A project with one adapter, and what a switch makes of it."""

from collections import Counter

from migrations_app.handlers.adapter.codemods.rewriting import rewrite
from migrations_app.handlers.adapter.codemods.switch import Rewrites, Switch

ADAPTER = '''"""The adapter."""
from snakepit_bridge.base_adapter import BaseAdapter, tool


class MyAdapter(BaseAdapter):
    TABLE = {}

    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)

    @tool(description="Numbers.")
    def spread(self, low, count=5):
        return [low] * count

    @tool(description="Not served.")
    def other(self, low):
        return low

    def helper(self):
        return 1
'''
SWITCH = Switch(
    old="pkg.adapter.MyAdapter",
    new="generic.GenericAdapter",
    configuration_path="/etc/tools.json",
    served=frozenset({"spread"}),
    parameters={"spread": ("low", "count")},
)
RENAMING = Switch(
    old=SWITCH.old,
    new=SWITCH.new,
    configuration_path=SWITCH.configuration_path,
    served=SWITCH.served,
    parameters=SWITCH.parameters,
    renamed={"spread": "numbers.spread"},
)


def project(code: str | bytes, path: str = "use.py", adapter: str = ADAPTER, **others: str) -> dict[str, bytes]:
    """`a__b="..."` is the file a/b.py."""
    files = {"pkg/__init__.py": b"", "pkg/adapter.py": adapter.encode()}
    files |= {
        f"{name.replace('__', '/')}.py".replace("/init.py", "/__init__.py"): text.encode()
        for name, text in others.items()
    }
    return files | {path: code.encode() if isinstance(code, str) else code}


def after(files: dict[str, bytes], found: Rewrites) -> dict[str, bytes]:
    return files | {change.path: change.after for change in found.changes}


def rewritten(files: dict[str, bytes], switch: Switch = SWITCH) -> tuple[dict[str, bytes], Rewrites]:
    """The files afterwards. A second time nothing changes, and nothing else is refused."""
    found = rewrite(files, switch)
    changed = after(files, found)
    again = rewrite(changed, switch)
    assert again.changes == ()
    assert not Counter(_said(again, changed)) - Counter(_said(found, files))
    return changed, found


def _said(found: Rewrites, files: dict[str, bytes]) -> list[tuple[str, str, bytes]]:
    """Lines move when an import comes or goes, so that what stands there is compared."""
    return [
        (one.lines.path, one.code, files[one.lines.path].splitlines()[one.lines.first - 1].strip())
        for one in found.refused
    ]
