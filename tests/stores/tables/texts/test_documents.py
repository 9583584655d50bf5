import pytest

from migrations_app.stores.tables.texts.documents import document_text, verbatim_text
from migrations_app.stores.tables.texts.errors import NoSuchValue


def test_documents_are_written_as_jsonb_is():
    assert document_text('{"aa":1.50,"b":[1e2,-0.0],"a":null,"b":true}') == '{"a": null, "b": true, "aa": 1.50}'
    assert document_text(r'"\u00e9\/\u001f\ud834\udd1e\n"') == '"é/\\u001f𝄞\\n"'
    assert document_text('{"é":1,"zz":2,"z":3}') == '{"z": 3, "zz": 2, "é": 1}'


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1,]", "01", '"\t"', '{"a" 1}', "[" * 100_000])
def test_what_is_no_json_is_refused_either_way(text):
    for read in (document_text, verbatim_text):
        with pytest.raises(NoSuchValue):
            read(text)


@pytest.mark.parametrize("text", [r'"\u0000"', r'{"\u0000": 1}', r'"\ud800"', "1e999999"])
def test_what_jsonb_refuses_is_json_all_the_same(text):
    assert verbatim_text(text) == text
    with pytest.raises(NoSuchValue):
        document_text(text)
