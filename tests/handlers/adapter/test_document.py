import json

import pytest

from migrations_app.handlers.adapter.analysis import FORMAT, analyze
from migrations_app.handlers.adapter.document import from_document, to_document
from migrations_app.handlers.adapter.facts import Analysis, Effect, EffectKind, Lines
from tests.handlers.adapter.reading import FIXTURES


@pytest.mark.parametrize("name", ["decorated", "session", "hostile_import"])
def test_there_and_back(name):
    analysis = analyze(FIXTURES / name, installed={})

    document = json.loads(json.dumps(to_document(analysis)))

    assert document["format"] == FORMAT
    assert from_document(Analysis, document) == analysis


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "files", "what": "open", "lines": None},
        {"kind": "no such kind", "what": "", "lines": {"path": "", "first": 1, "last": 1}},
        {"kind": "files", "what": 3, "lines": {"path": "", "first": 1, "last": 1}},
    ],
)
def test_what_is_no_such_document_is_refused(document):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_document(Effect, document)


def test_an_effect():
    effect = Effect(EffectKind.FILES, "open", Lines("a.py", 1, 2))

    assert from_document(Effect, to_document(effect)) == effect
