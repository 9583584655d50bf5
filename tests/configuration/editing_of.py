"""What the tests of edits share: one change of a configuration, and the bytes that come of it."""

from collections.abc import Callable

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import Edit, Editor, apply
from migrations_app.configuration.values import Entry, Sequence, Table, Value
from tests.configuration.reading_of import reading

Place = Setting | Entry | Value
Change = Callable[[Editor, Configuration], tuple[Edit, ...]]


def place(configuration: Configuration, path: str) -> Place:
    """`a.b.0`: a setting, and within it entries by name and items by number; `a.` is the setting's value."""
    first, *rest = path.split(".")
    here: Place = configuration.of(first)[-1]
    for step in rest:
        here = here.value if isinstance(here, Setting | Entry) else here
        if isinstance(here, Sequence) and step:
            here = here.items[int(step)]
        elif isinstance(here, Table) and step:
            found = here.get(step)
            assert found is not None, f"{path}: no {step}"
            here = found
    return here


def value(configuration: Configuration, path: str) -> Value:
    here = place(configuration, path)
    return here.value if isinstance(here, Setting | Entry) else here


def edited(before: str, change: Change, name: str = "config.exs") -> str:
    """The text after a change; it has no syntax error."""
    configuration = reading(before, name=name)
    assert configuration.problems == (), configuration.problems
    edits = change(editor_of(configuration, name), configuration)
    after = apply(configuration, edits)[name].decode()
    assert reading(after, name=name).problems == (), after
    return after


def removing(path: str) -> Change:
    return lambda editor, configuration: editor.remove(place(configuration, path))


def renaming(path: str, name: str) -> Change:
    return lambda editor, configuration: editor.rename(place(configuration, path), name)


def replacing(path: str, new) -> Change:
    return lambda editor, configuration: editor.replace(value(configuration, path), new)


def inserting(path: str, name: str, new, comment: str = "") -> Change:
    return lambda editor, configuration: editor.insert(place(configuration, path), name, new, comment=comment)
