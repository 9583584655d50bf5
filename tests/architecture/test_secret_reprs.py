"""A dataclass that holds a secret does not show it, so that writing one to a log or a message is no leak."""

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator

from migrations_app.engine.hiding import SECRET_NAME
from tests.architecture.sources import python_files

NAMED = re.compile(rf"{SECRET_NAME.pattern}|^clear$|verifier", re.IGNORECASE)
HARMLESS_TYPES = re.compile(r"int\b|bool\b|datetime\b|Panel\b|SecretRef\b|NamedSecret\b|StoredSecret\b|Callable\b")
HARMLESS = {
    "AuditFilters.token": "its prefix",
    "AuditRecord.token": "its prefix",
    "AuditRow.token": "its prefix",
    "FacetMenu.clear": "an address without a filter",
    "TargetPage.secret_names": "names",
}


def shown() -> Iterator[str]:
    modules = [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for room in ("migrations_app", "snakeweb")
        for path in python_files(room)
        if "scaffold" not in path.parts and path.parts[1:2] != ("migrations",)
    ]
    for module in map(importlib.import_module, modules):
        for kind in vars(module).values():
            if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
                for each in dataclasses.fields(kind):
                    if each.repr and NAMED.search(each.name) and not HARMLESS_TYPES.search(str(each.type)):
                        yield f"{kind.__name__}.{each.name}"


def test_no_dataclass_shows_a_secret() -> None:
    found = set(shown())

    assert found == set(HARMLESS), "give the field `field(repr=False)`, or say here why it is harmless"
