import pytest

from migrations_app.configuration.edits import NotEditable
from migrations_app.configuration.formats.documents.yaml_rendering import block, flow, scalar


def no_bytes(_verbatim, _indent):
    raise AssertionError


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (1e-7, "1.0e-07"),
        ("a b/c", "a b/c"),
        (":fast", '":fast"'),
        ("no", '"no"'),
        ("null", '"null"'),
        ("1.5", '"1.5"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("", '""'),
        ("é\n", '"é\\n"'),
    ],
)
def test_text_has_quotes_where_it_could_be_taken_for_something_else(value, written):
    assert scalar(value) == written


def test_flow_and_block():
    value = {"a": [1, {"b": [], "c": {}}], "d e": {"f": [[2]]}}

    assert flow(value, no_bytes) == "{a: [1, {b: [], c: {}}], d e: {f: [[2]]}}"
    assert "\n".join(block(value, "  ", no_bytes)) == (
        "  a:\n    - 1\n    - b: []\n      c: {}\n  d e:\n    f:\n      - - 2"
    )


def test_a_number_that_is_none_is_refused():
    with pytest.raises(NotEditable, match="no number nan"):
        scalar(float("nan"))
