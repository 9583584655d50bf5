"""What holds of any document in JSON, YAML or TOML and any single edit of it."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations_app.configuration.document import Setting
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import apply
from migrations_app.configuration.formats.documents.marks import shown
from migrations_app.configuration.formats.documents.toml_editing import toml
from migrations_app.configuration.formats.documents.yaml_rendering import block
from migrations_app.configuration.formats.elixir.literals import NAMED
from migrations_app.configuration.plain import plain
from migrations_app.configuration.values import Atom, Module, Table
from tests.configuration.reading_of import reading, said
from tests.configuration.test_any_configuration import entries, expect, tables, within, without

KEYS = st.one_of(
    st.text(string.ascii_lowercase, min_size=1, max_size=6).map(Atom),
    st.text(string.ascii_uppercase + '- ."é', min_size=1, max_size=6).filter(lambda key: key.strip() == key),
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9, allow_nan=False),
    st.text(string.ascii_lowercase, min_size=1, max_size=5).filter(lambda name: name not in NAMED).map(Atom),
    st.sampled_from([Module("Snakepit.Pool"), "no", "null", "1.5", ":x", "- a", "a: b", "#", "", "a\n b", "é\t\"'"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=8),
).filter(lambda one: not isinstance(one, float) or one == one)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
NEW = [7, "a: #b", Atom("x"), [], {}, {"k": [1]}, [1, {"z": False}]]
SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.toml"])


def no_bytes(*_verbatim):
    raise AssertionError


def document(name: str, mapping) -> str:
    """The keys in the application's mapping, with a comment where the format has them, and another beside it."""
    content = shown(mapping)
    if name == "a.json":
        return json.dumps({"other": [1], "snakepit": content}, indent=2, ensure_ascii=False)
    if name == "a.yaml":
        lines = block({"snakepit": content}, "", no_bytes)
        return "\n".join(["# of all", "other: 1", f"{lines[0]} # of it", *lines[1:], "# the end", ""])
    pairs = [
        f"{json.dumps(key, ensure_ascii=False)} = {toml(value, no_bytes)} # of it" for key, value in content.items()
    ]
    return "\n".join(["# of all", "[other]", "x = 1", "", "[snakepit]", *pairs, "# the end", ""])


@NAMES
@SOME
@given(MAPPINGS)
def test_it_is_read_as_what_it_says(name, mapping):
    configuration = reading(document(name, mapping), name=name)

    assert configuration.problems == ()
    assert said(configuration) == [
        (key.name if isinstance(key, Atom) else key, value) for key, value in mapping.items()
    ]


@NAMES
@SOME
@given(MAPPINGS, st.data())
def test_a_single_edit_does_what_is_meant_and_nothing_else(name, mapping, data):
    before = reading(document(name, mapping), name=name)
    editor = editor_of(before, name)
    kind = data.draw(st.sampled_from(["replace", "remove", "rename", "insert"]))
    items = [*before.settings, *entries(before)]
    if kind == "replace":
        value = data.draw(st.sampled_from([one for setting in before.settings for one in within(setting.value)]))
        new = data.draw(st.sampled_from(NEW))
        edits = editor.replace(value, new)
        expected = expect_value(before, value, new)
    elif kind == "insert":
        item = data.draw(st.sampled_from([*before.settings, *tables(before)]))
        edits = editor.insert(item, "new", [1])
        expected = expect_new(before, item)
    else:
        item = data.draw(st.sampled_from(items))
        edits = editor.remove(item) if kind == "remove" else editor.rename(item, "other")
        expected = expect_item(before, item, kind)

    after = apply(before, edits)[name].decode()

    now = reading(after, name=name)
    assert [problem.code for problem in now.problems if problem.code != "key-twice"] == [], after
    assert said(now) == expected, after
    assert after.count("# of all") == before.files[name].content.decode().count("# of all")


def expect_value(before, value, new):
    new_said = said(reading(json.dumps({"snakepit": {"x": shown(new)}}), name="a.json"))[0][1]
    return [(setting.key, replaced(setting.value, value, new_said)) for setting in before.settings]


def replaced(here, value, new):
    if here is value:
        return new
    if isinstance(here, Table):
        return {entry.key.value: replaced(entry.value, value, new) for entry in here.entries}
    items = getattr(here, "items", None)
    return plain(here) if items is None else [replaced(item, value, new) for item in items]


def expect_new(before, item):
    if isinstance(item, Setting):
        keys = [(one.key, plain(one.value)) for one in before.settings]
        keys.insert(before.settings.index(item) + 1, ("new", [1]))
        return keys
    return [(one.key, grown(one.value, item)) for one in before.settings]


def grown(here, table):
    if isinstance(here, Table):
        entries = {entry.key.value: grown(entry.value, table) for entry in here.entries}
        return {**entries, Atom("new"): [1]} if here is table else entries
    items = getattr(here, "items", None)
    return plain(here) if items is None else [grown(item, table) for item in items]


def expect_item(before, item, kind):
    if isinstance(item, Setting):
        kept = [one for one in before.settings if kind != "remove" or one is not item]
        return [("other" if one is item else one.key, plain(one.value)) for one in kept]
    if kind == "remove":
        return expect(before, lambda one: without(one, item))
    return [(one.key, renamed_in(one.value, item)) for one in before.settings]


def renamed_in(here, item):
    if isinstance(here, Table):
        return {
            Atom("other") if entry is item else entry.key.value: renamed_in(entry.value, item) for entry in here.entries
        }
    items = getattr(here, "items", None)
    return plain(here) if items is None else [renamed_in(one, item) for one in items]
