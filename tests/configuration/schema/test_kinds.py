import pytest

from migrations_app.configuration.schema.kinds import (
    Either,
    Environment,
    Flag,
    Lifetime,
    ListOf,
    ModuleName,
    Name,
    Number,
    OneOf,
    TableOf,
    Text,
)
from migrations_app.configuration.values import Form
from tests.configuration.sources import elixir


def value(text: str):
    return elixir(f"key: {text}").settings[0].value


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Flag(), ["true", "false"], ["nil", ":true_", '"true"', "1"]),
        (Number(), ["1", "50_051"], ["0", "1.5", '"1"', "true", ":infinity"]),
        (Number(0, 1, whole=False), ["0", "0.25", "1"], ["1.5", "-0.1"]),
        (Number(digits=True, infinity=True), ['"12"', ":infinity"], ['"0"', '"a"', ":forever"]),
        (Text(), ['"a"'], [":a", "nil", "1"]),
        (Text(atoms=True, nothing=True), ['"a"', ":a", "nil"], ["1", "true"]),
        (Name(), [":a"], ['"a"', "nil", "A.B"]),
        (ModuleName(), ["A.B", "nil", ":a"], ['"A.B"', "1"]),
        (OneOf(("auto", "json")), [":auto"], ['"auto"', ":xml", "true"]),
        (
            OneOf(("external_pool",), texts=True, flags=True),
            ['"external-pool"', '"EXTERNAL_POOL"', "true"],
            ['"x"', "1"],
        ),
        (Lifetime(), [":infinity", "{30, :minutes}"], ["{1, :days}", "{0, :hours}", "30", "{1, :hours, 2}"]),
        (Environment(), ['[{"A", "1"}]', '%{"A" => "1"}', "[]"], ['"A=1"', "[1]"]),
        (Either((Text(), Flag())), ['"a"', "false"], ["1"]),
    ],
)
def test_what_a_kind_takes(kind, right, wrong):
    assert [text for text in right if not kind.accepts(value(text))] == []
    assert [text for text in wrong if kind.accepts(value(text))] == []


def test_a_kind_says_itself_for_people():
    assert Number(infinity=True).says == "a whole number of at least 1 or :infinity"
    assert Number(1, 65535, digits=True).says == "a whole number from 1 to 65535 (or as text)"
    assert OneOf(("a", "b")).says == "one of :a, :b"
    assert ListOf(Text(), "texts").says == "a list of texts"
    assert TableOf((), frozenset({Form.MAP})).says == "a map"
    assert Either((Text(nothing=True), Flag())).says == "a text or nil or true or false"
