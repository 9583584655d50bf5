import pytest

from migrations_app.stores.tables.texts.arrays import array_text
from migrations_app.stores.tables.texts.errors import NoSuchValue


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("{}", "{}"),
        (" { 1 , null , NULL } ", "{1,NULL,NULL}"),
        ('{"null","","a b",a b,\\"}', '{"null","","a b","a b","\\""}'),
        ('{"a","b"}', "{a,b}"),
        ("{{1,2},{3,NULL}}", "{{1,2},{3,NULL}}"),
        ("[0:1]={1,2}", "[0:1]={1,2}"),
        ("[1:2]={1,2}", "{1,2}"),
        ('{"{"}', '{"{"}'),
        ("{nu\\ll}", '{"null"}'),
        ("{\x1f\x85}", "{\x1f\x85}"),
    ],
)
def test_arrays_are_written_as_postgresql_writes_them(given, text):
    assert array_text(given, str) == text
    assert array_text(text, str) == text


@pytest.mark.parametrize(
    "given",
    ["", "1", "{1", "{1}}", "{1}{2}", "{1,,2}", "{1,}", '{"a"b}', "{{1},{2,3}}", "{{1},2}", "[0:5]={1}", "{{}}x"],
)
def test_what_is_no_array_is_refused(given):
    with pytest.raises(NoSuchValue):
        array_text(given, str)


def test_elements_are_made_canonical_each():
    assert array_text('{a,NULL,"B c"}', str.upper) == '{A,NULL,"B C"}'
