"""Rows of the table; who finds what is `tests/doors/test_found_pages.py`."""

import pytest

from migrations_app.models import AuditEntry, AuditHead, PlanRevision
from migrations_app.selectors import search_table
from migrations_app.selectors.search import search
from migrations_app.selectors.search_table import KINDS, NAMES, NOUNS
from migrations_app.services.actor import Actor
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db


def test_each_word_for_a_kind_means_one_kind() -> None:
    words = [word for noun in NOUNS for word in {noun.kind, noun.plural, noun.plural.replace(" ", "_")}]

    assert len(KINDS) == len(NOUNS)
    assert sorted(words) == sorted(NAMES)


def test_words_are_looked_for_in_the_newest_entries_of_the_trail_alone(
    stage: Stage, auditor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.planned()
    every = search(actor=auditor, q="kind:audit operator", limit=200).hits
    monkeypatch.setattr(search_table, "MOST_AUDIT", 1)

    newest = search(actor=auditor, q="kind:audit operator").hits
    first = AuditEntry.objects.order_by("seq")[0]

    assert len(every) > len(newest) == 1
    assert newest[0].id == AuditHead.objects.get().seq
    assert search(actor=auditor, q=first.hash[:10]).hits[0].path == f"/audit/{first.seq}/"
    assert search(actor=auditor, q=f"audit {first.seq}").hits[0].id == first.seq
    assert f"/audit/{first.seq}/" not in {hit.path for hit in search(actor=auditor, q="operator").hits}


def test_a_plan_is_found_by_any_beginning_of_its_digest(stage: Stage, viewer: Actor) -> None:
    stage.planned()
    digest = PlanRevision.objects.get().digest

    for length in (6, 7, 40, 64):
        assert [hit.kind for hit in search(actor=viewer, q=digest[:length].upper()).hits] == ["plan"]
    other = "0" if digest[5] != "0" else "1"
    assert search(actor=viewer, q=digest[:5] + other).hits == ()
