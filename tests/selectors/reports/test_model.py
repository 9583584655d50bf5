"""The schema of the JSON form is a file of the docs. To write it anew: `manage.py shell -c` with what is below.

from tests.selectors.reports import test_model; test_model.write()
"""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import TypeAdapter

from migrations_app.selectors.reports import plain
from migrations_app.selectors.reports.journal_rows import all_events
from migrations_app.selectors.reports.model import FORMAT, SCHEMA, RunReport
from tests.selectors.reports.stories import much, report_for

SCHEMA_FILE = Path(__file__).resolve().parents[3] / "docs" / "run-report.schema.json"


def schema():
    found = TypeAdapter(RunReport).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "$comment": f"format {FORMAT}",
        **found,
    }


def test_the_docs_have_the_schema_as_it_is():
    assert json.loads(SCHEMA_FILE.read_text()) == json.loads(json.dumps(schema()))


@pytest.mark.django_db
def test_a_report_is_what_its_schema_says(now, auditor):
    run = much(now)
    told = json.loads(b"".join(plain.written(report_for(auditor, run, now), all_events(auditor, run.pk))))
    check = jsonschema_rs.validator_for(schema())
    assert [error.message for error in check.iter_errors(told)] == []
    del told["content"]["figures"]["events"]
    assert not check.is_valid(told)


def write() -> None:
    SCHEMA_FILE.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n")
