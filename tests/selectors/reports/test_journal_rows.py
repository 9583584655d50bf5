import hashlib

import pytest
import rfc8785

from migrations_app.engine.events import EventType
from migrations_app.models import Run
from migrations_app.selectors.reports import journal_rows
from tests.selectors.journal import event, told
from tests.selectors.reports.stories import SECRET, much

pytestmark = pytest.mark.django_db


def test_a_long_journal_is_shown_in_part_and_digested_whole(now, auditor, monkeypatch):
    for name, value in (("FIRST", 3), ("LAST", 3), ("WARNED", 1), ("LONG", 20)):
        monkeypatch.setattr(journal_rows, name, value)
    filler = [event(EventType.LOGGED, "one", level="info", message=f"line {n}") for n in range(20)]
    parked = [event(kind, reason="retry") for _ in range(4) for kind in (EventType.RUN_PARKED, EventType.RUN_RESUMED)]
    warned = event(EventType.LOGGED, "one", level="warning", message="careful")
    run = told(event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"), *filler, warned, *parked, start=now)

    assert journal_rows.is_long(run)
    bounded = journal_rows.events_of(auditor, run, whole=False)
    assert (bounded.total, bounded.sha256) == (run.last_seq, "")
    seqs = [row.seq for row in bounded.rows]
    assert seqs[:3] == [1, 2, 3]
    assert seqs[-3:] == [run.last_seq - 2, run.last_seq - 1, run.last_seq]
    assert "careful" in [row.text for row in bounded.rows]
    whole = list(journal_rows.all_events(auditor, run.pk))
    assert [row.seq for row in whole] == list(range(1, run.last_seq + 1))
    lines = b"".join(rfc8785.dumps(journal_rows.plain_event(row)) + b"\n" for row in whole)
    assert journal_rows.events_of(auditor, run, whole=True).sha256 == hashlib.sha256(lines).hexdigest()


def test_texts_of_events_hold_no_secret(now, auditor):
    run = much(now)
    assert not journal_rows.is_long(Run.objects.get(pk=run.pk))
    assert SECRET not in " ".join(row.text for row in journal_rows.telling(run))
