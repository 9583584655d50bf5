import pytest

from migrations_app.configuration.edits import NotEditable
from migrations_app.configuration.formats.documents.marks import shown, unmarked, unmarked_key
from migrations_app.configuration.values import Atom, Module


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (":process", Atom("process")),
        ("Elixir.Snakepit.Pool", Module("Snakepit.Pool")),
        ("Elixir.not one", "Elixir.not one"),
        ("::1", ":1"),
        (":", ":"),
        ("plain", "plain"),
    ],
)
def test_marked_text_is_what_it_stands_for_and_back(text, value):
    assert unmarked(text) == value
    assert text == ":" or unmarked(shown(value)) == value


def test_a_key_is_an_atom_if_it_reads_as_one_or_is_marked():
    assert [unmarked_key(key) for key in ("pool_size", ":Odd", "PATH")] == [Atom("pool_size"), Atom("Odd"), "PATH"]


def test_what_a_document_lacks_is_said_by_what_it_has():
    new = {"a": [(Atom("b"), 1), (Atom("c d"), None)], Atom("e"): (3600, Atom("seconds")), 1: [], "nil": Atom("nil")}

    assert shown(new) == {"a": {"b": 1, ":c d": None}, "e": [3600, ":seconds"], "1": [], "nil": None}


def test_text_that_would_be_read_as_a_module_is_refused():
    with pytest.raises(NotEditable, match="would be read as a module"):
        shown(["Elixir.Snakepit.Pool"])
