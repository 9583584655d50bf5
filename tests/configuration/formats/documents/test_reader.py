import pytest

from migrations_app.configuration.document import CallForm, FileFormat
from migrations_app.configuration.problems import Severity
from tests.configuration.reading_of import codes, reading, said

EACH = {
    "a.json": '{"other": {"x": 1}, "snakepit": {"pool_size": 2}}',
    "a.yaml": "other:\n  x: 1\nsnakepit:\n  pool_size: 2\n",
    "a.toml": "[other]\nx = 1\n[snakepit]\npool_size = 2\n",
}


@pytest.mark.parametrize("name", EACH)
def test_the_keys_stand_under_the_application(name):
    configuration = reading(EACH[name], name=name)

    assert said(configuration) == [("pool_size", 2)]
    assert configuration.problems == ()
    assert configuration.settings[0].form is CallForm.DOCUMENT
    assert configuration.files[name].format is FileFormat(name.partition(".")[2])
    assert configuration.environments == ("prod",)


@pytest.mark.parametrize("text", ['{"pool_size": 2}', "pool_size: 2", "pool_size = 2"])
def test_or_at_the_top_which_is_said(text):
    name = {"{": "a.json", ":": "a.yml"}.get(text[0] if text[0] == "{" else text[9], "a.toml")

    configuration = reading(text, name=name)

    assert said(configuration) == [("pool_size", 2)]
    assert [(p.code, p.severity) for p in configuration.problems] == [("keys-at-the-top", Severity.NOTICE)]


def test_one_value_in_place_of_the_keys_is_an_error():
    assert codes(reading("snakepit: 5\n", name="a.yaml")) == [("not-a-mapping", 1)]
    assert codes(reading("snakepit: []\n", name="a.yaml")) == []


def test_a_key_twice_in_one_mapping_is_an_error_at_the_second():
    written = '{"snakepit": {"a": [{"x": 1,\n"x": 2}]}}'

    (problem,) = reading(written, name="a.json").problems

    assert (problem.code, problem.key, problem.span.line) == ("key-twice", "x", 2)


@pytest.mark.parametrize("name", EACH)
def test_bytes_that_no_format_accepts(name):
    assert codes(reading(b"\xff", name=name)) == [("not-utf-8", 1)]
