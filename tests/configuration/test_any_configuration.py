"""What holds of any configuration in Elixir and any single edit of it."""

import re
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import NotEditable, apply
from migrations_app.configuration.effective import effective
from migrations_app.configuration.plain import Said, plain
from migrations_app.configuration.values import Atom, Entry, Form, Literal, Sequence, Table, Value
from tests.configuration.peer import disagreements, elixir_says
from tests.configuration.reading_of import reading, said
from tests.configuration.written import File, files

NEW = [300000, "a, #{b}", Atom("x?"), [], {}, {"k": [(Atom("a"), 1)]}, [1, (Atom("y"), None)]]
ADDED, RENAMED = "a_key_added", "a_key_renamed"  # longer than any that is made up
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(files())
def test_it_is_read_as_what_it_says(file: File):
    configuration = reading(file.text)

    assert configuration.problems == ()
    assert said(configuration) == list(file.said)


@MANY
@given(files(), st.data())
def test_a_replaced_value_is_the_new_one_and_nothing_else_changes(file: File, data: st.DataObject):
    before = reading(file.text)
    value = data.draw(st.sampled_from([one for setting in before.settings for one in within(setting.value)]))
    new = data.draw(st.sampled_from(NEW))

    after = changed(before, lambda editor: editor.replace(value, new))

    content = file.text.encode()
    assert after.startswith(content[: value.span.start])
    assert after.endswith(content[value.span.end :])
    expected = expect(before, lambda one: written(new) if one is value else one)
    assert said(reading(after)) == expected


@MANY
@given(files(), st.data())
def test_a_removed_key_is_gone_with_its_comments_and_no_other(file: File, data: st.DataObject):
    before = reading(file.text)
    item = data.draw(st.sampled_from([*before.settings, *entries(before)]))

    after = changed(before, lambda editor: editor.remove(item))

    if isinstance(item, Setting):
        expected = [(one.key, plain(one.value)) for one in before.settings if one is not item]
    else:
        expected = expect(before, lambda one: without(one, item))
    assert said(reading(after)) == expected
    kept = {text for line, text in comments(file.text) if not belongs(file.text, line, item)}
    assert kept <= {text for _, text in comments(after.decode())}


@MANY
@given(files(), st.data())
def test_a_renamed_key_has_its_new_name_and_keeps_its_value(file: File, data: st.DataObject):
    before = reading(file.text)
    item = data.draw(st.sampled_from([*before.settings, *entries(before)]))
    name = data.draw(st.sampled_from(["other?", "odd name"]))

    after = changed(before, lambda editor: editor.rename(item, name))

    if isinstance(item, Setting):
        expected = [(name if one is item else one.key, plain(one.value)) for one in before.settings]
    else:
        expected = expect(before, lambda one: renamed(one, item, name))
    assert said(reading(after)) == expected


@MANY
@given(files(), st.data(), st.sampled_from(["", "why"]))
def test_an_inserted_key_follows_and_nothing_is_lost(file: File, data: st.DataObject, comment: str):
    before = reading(file.text)
    beside = data.draw(st.sampled_from([*before.settings, *tables(before)]))
    new = data.draw(st.sampled_from(NEW))

    after = changed(before, lambda editor: editor.insert(beside, ADDED, new, comment=comment))

    if isinstance(beside, Setting):
        expected = [(one.key, plain(one.value)) for one in before.settings]
        expected.insert(before.settings.index(beside) + 1, (ADDED, plain(written(new))))
    else:
        expected = expect(before, lambda one: with_entry(one, beside, new))
    assert said(reading(after)) == expected
    assert len(comments(after.decode())) == len(comments(file.text)) + bool(comment)
    assert subsequence(file.text.encode(), after)


@settings(max_examples=2, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(files(), min_size=12, max_size=12), st.data())
def test_elixir_reads_them_as_we_do_before_and_after_an_edit(tmp_path_factory, several: list[File], data):
    directory = tmp_path_factory.mktemp("configurations")
    contents: list[bytes] = []
    for file in several:
        before = reading(file.text.replace("Application.put_env(:snakepit, ", "config(:snakepit, "))
        item = data.draw(st.sampled_from([*before.settings, *entries(before)]))
        kind = data.draw(st.sampled_from(["remove", "rename", "replace", "insert"]))
        contents += [before.files["config.exs"].content, changed(before, lambda e, k=kind, i=item: one_edit(e, k, i))]
    asked = [(directory / f"{number}-config.exs", "prod") for number in range(len(contents))]
    for (path, _), content in zip(asked, contents, strict=True):
        path.write_bytes(b"ready? = true\n" + content)

    answers = elixir_says(asked)

    found = {
        content.decode(): disagreements(effective(reading(content), "prod"), theirs)
        for content, theirs in zip(contents, answers, strict=True)
    }
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


def one_edit(editor, kind: str, item):
    if kind == "remove":
        return editor.remove(item)
    if kind == "replace":
        return editor.replace(item.value, {"a": [1]})
    if kind == "insert" and isinstance(item, Setting):
        return editor.insert(item, ADDED, 1)
    return editor.rename(item, RENAMED)


def changed(before: Configuration, change: Callable) -> bytes:
    """The bytes after an edit, which has no syntax error. A place that refuses it is no example."""
    try:
        edits = change(editor_of(before, "config.exs"))
    except NotEditable:
        assume(False)
        raise
    after = apply(before, edits)["config.exs"]
    assert reading(after).problems == (), after.decode()
    return after


def within(value: Value) -> list[Value]:
    """A value and all in it that an edit may name: not the words of one text."""
    inner: list[Value] = []
    if isinstance(value, Table):
        inner = [entry.value for entry in value.entries]
    elif isinstance(value, Sequence):
        inner = [item for item in value.items if item.span != value.span]
    return [value, *(one for part in inner for one in within(part))]


def tables(configuration: Configuration) -> list[Table]:
    return [one for setting in configuration.settings for one in within(setting.value) if isinstance(one, Table)]


def entries(configuration: Configuration) -> list[Entry]:
    return [entry for table in tables(configuration) for entry in table.entries]


def expect(configuration: Configuration, change: Callable[[Value], Value]) -> list[tuple[str, Said]]:
    return [(setting.key, plain(rebuilt(setting.value, change))) for setting in configuration.settings]


def rebuilt(value: Value, change: Callable[[Value], Value]) -> Value:
    value = change(value)
    if isinstance(value, Table):
        parts = tuple(replace(entry, value=rebuilt(entry.value, change)) for entry in value.entries)
        return replace(value, entries=parts)
    if isinstance(value, Sequence):
        return replace(value, items=tuple(rebuilt(item, change) for item in value.items))
    return value


def without(value: Value, gone: Entry) -> Value:
    if not isinstance(value, Table):
        return value
    return replace(value, entries=tuple(entry for entry in value.entries if entry is not gone))


def renamed(value: Value, item: Entry, name: str) -> Value:
    if not isinstance(value, Table):
        return value
    key = Literal(name if isinstance(item.key.value, str) else Atom(name), item.key.span)
    return replace(value, entries=tuple(replace(one, key=key) if one is item else one for one in value.entries))


def with_entry(value: Value, beside: Table, new) -> Value:
    if value is not beside or not isinstance(value, Table):
        return value
    text_keys = bool(value.entries) and isinstance(value.entries[-1].key.value, str) and value.form is Form.MAP
    key = Literal(ADDED if text_keys else Atom(ADDED), value.span)
    return replace(value, entries=(*value.entries, Entry(key, written(new), value.span)))


def written(new) -> Value:
    """What a new value is read as."""
    names = {"k": Atom("k")}
    renamed_keys = {names.get(key, key): inner for key, inner in new.items()} if isinstance(new, dict) else new
    return Given(renamed_keys)


class Given(Literal):
    """A literal of anything: for expectations alone."""

    def __init__(self, value) -> None:
        super().__init__(value, None)


def comments(text: str) -> list[tuple[int, str]]:
    """Every comment of what is made up here, with its line."""
    return [
        (number, found.group().strip())
        for number, line in enumerate(text.splitlines(), 1)
        if (found := re.search(r"(?:^|[\s,}\])])#(?!\{).*$", line)) and not line.strip().startswith('"')
    ]


def belongs(text: str, line: int, item: Setting | Entry) -> bool:
    """On the lines of what is removed, or above them: those near enough that either answer is right."""
    span = item.call if isinstance(item, Setting) else item.span
    last = span.line + text.encode()[span.start : span.end].count(b"\n")
    return span.line - 3 <= line <= last


def subsequence(kept: bytes, whole: bytes) -> bool:
    remaining = iter(whole)
    return all(byte in remaining for byte in kept)
