import json

import pytest

from migrations_app.selectors.reports import plain
from migrations_app.selectors.reports.journal_rows import all_events
from tests.selectors.reports.stories import much, report_for

pytestmark = pytest.mark.django_db


def test_the_json_form_has_every_event_and_its_reader_works_out_the_digest(now, auditor):
    run = much(now)
    report = report_for(auditor, run, now)
    document = json.loads(b"".join(plain.written(report, all_events(auditor, run.pk))))

    assert plain.digest_of_plain(document["content"]) == report.digest == document["digest"]
    assert [row["seq"] for row in document["content"]["events"]["rows"]] == list(range(1, run.last_seq + 1))
    assert (document["format"], document["audit"]["seq"]) == (1, 4_711)
    document["content"]["figures"]["retries"] += 1
    assert plain.digest_of_plain(document["content"]) != report.digest


def test_the_digest_does_not_depend_on_when_and_for_whom(now, auditor, operator):
    run = much(now)
    assert report_for(auditor, run, now).digest == report_for(operator, run, run.ended_at).digest
    bounded = report_for(auditor, run, now, whole=False).content
    assert plain.digest_of(bounded) == ""


def test_large_numbers_are_text(now):
    assert plain.plain((2**60, 5, True)) == [str(2**60), 5, True]
    assert plain.instant(now.replace(microsecond=7)).endswith(".000007Z")
