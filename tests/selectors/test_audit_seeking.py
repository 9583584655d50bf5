"""Looking in parts finds exactly what reading everything would, in the same order, whatever is asked."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import AuditEntry
from migrations_app.runtime import audit
from migrations_app.selectors import audit_seeking
from migrations_app.selectors.audit_filters import Question
from migrations_app.selectors.audit_seeking import newest
from tests.runs import AT

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]
ANY = Question({}, (), None, None, 0)
ENTRIES = 80


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries by chance, each about a minute after the one before; bounds that such a trail reaches."""
    for name, size in (("RARE", 5), ("WINDOW", 3), ("BUDGET", 20), ("BUDGET_FOR_WORDS", 10), ("TOLERANCE", 8)):
        monkeypatch.setattr(audit_seeking, name, size)
    chance = random.Random(7)  # noqa: S311  # the same entries each time
    for number in range(ENTRIES):
        audit.append(
            audit.AuditRecord(
                at=AT + timedelta(minutes=number + chance.choice((-2, 0, 0, 2))),
                actor=chance.choice(("olga", "otto", "otto", "rare")) if number > 20 else "otto",
                action=chance.choice(("run.execute", "review.approve", "grant.create")),
                object_type=chance.choice(("migration", "run")),
                object_id=chance.choice("123"),
                environment=chance.choice(("dev", "production", "")),
                outcome=audit.AuditOutcome(chance.choice(("allowed", "allowed", "denied"))),
                reason=chance.choice(("because of the moon", "")),
            )
        )


def questions() -> Iterator[Question]:
    conditions = (
        {},
        {"actor": ("rare",)},
        {"actor": ("nobody",)},
        {"environment": ()},
        {"environment": ("dev", "production")},
        {"object_type": ("run",), "object_id": ("2",)},
        {"object_id": ("2",)},
        {"outcome": ("denied",), "action": ("run.execute", "grant.create")},
        {"outcome": ("denied",), "actor": ("rare",), "environment": ("dev",)},
        {"object_type": ("run",), "outcome": ("allowed",), "environment": ("dev", "")},
    )
    times = ((None, None), (20, None), (None, 40), (20, 40), (300, None), (None, -300), (40, 20))
    for equal, (since, until), words, after in product(conditions, times, ((), ("moon",)), (0, 30)):
        begin = None if since is None else AT + timedelta(minutes=since)
        end = None if until is None else AT + timedelta(minutes=until)
        yield Question(equal, words, begin, end, after)


def read_through(asked: Question, most: int) -> list[int]:
    """From slice to slice, as a page does it; each looks further back than the one before."""
    found, below = [], 2**63 - 1
    while True:
        part = newest(asked, columns=("seq", "actor"), most=most, below=below)
        assert len(part.rows) <= most
        found.extend(row[0] for row in part.rows)
        if part.complete:
            return found
        assert 0 < part.looked_to < below
        below = part.looked_to


def test_slices_together_are_what_matches(trail: None) -> None:
    nothing = 0
    for asked in questions():
        all_of_it = list(asked.rows.order_by("-seq").values_list("seq", flat=True))
        nothing += not all_of_it
        for most in (4, 100):
            assert read_through(asked, most) == all_of_it, asked
    assert nothing < 200  # of 280: most questions are no empty ones


def test_it_says_how_far_it_has_looked(trail: None) -> None:
    asked = Question({}, ("of-no-entry",), None, None, 0)
    found = newest(asked, columns=("seq",), most=5)

    assert (found.rows, found.complete, found.looked_to) == ((), False, ENTRIES - 9)
    assert newest(ANY, columns=("seq",), most=5).looked_to == ENTRIES - 4
    assert newest(ANY, columns=("seq",), most=ENTRIES).complete


def test_nothing_is_counted_to_the_end(trail: None) -> None:
    for asked in questions():
        with CaptureQueriesContext(connection) as asked_of_database:
            newest(asked, columns=("seq",), most=5)
        for query in asked_of_database.captured_queries:
            assert "COUNT(*)" not in query["sql"] or "LIMIT" in query["sql"]


def test_an_empty_trail_is_complete() -> None:
    assert not AuditEntry.objects.exists()
    for asked in (ANY, Question({"object_id": ("1",)}, ("word",), AT, AT, 3)):
        assert newest(asked, columns=("seq",), most=5) == audit_seeking.Found((), complete=True, looked_to=0)
