import csv
import io
import json

import pytest

from migrations_app.selectors.audit_formats import ExportFormat, rendered

BODY = {
    "format": 1,
    "seq": 7,
    "previous": "0" * 64,
    "at": "2026-03-01T12:00:00.250000Z",
    "actor": "=cmd|calc",
    "on_behalf_of": "",
    "token": "",
    "address": "10.0.0.1",
    "request_id": "r-1",
    "action": "target.edit",
    "object": {"type": "target", "id": "5"},
    "environment": "staging",
    "outcome": "denied",
    "reason": "a|b=c\nd\\e",
    "before": None,
    "after": {"name": "é"},
}


def one(format_: ExportFormat) -> list[str]:
    rows = [("ab" * 32, json.dumps(BODY).encode())]
    return b"".join(rendered(rows, format_)).decode().splitlines()


def test_csv_has_every_member_and_nothing_that_a_spreadsheet_would_run():
    rows = [("ab" * 32, json.dumps(BODY).encode())]
    (row,) = csv.DictReader(io.StringIO(b"".join(rendered(rows, ExportFormat.CSV)).decode()))

    assert row["actor"] == "'=cmd|calc"
    assert (row["seq"], row["object_type"], row["object_id"], row["hash"]) == ("7", "target", "5", "ab" * 32)
    assert (row["before"], json.loads(row["after"])) == ("", {"name": "é"})


def test_cef_is_one_line_with_what_separates_escaped():
    (line,) = one(ExportFormat.CEF)

    head = line.split("|")
    assert head[:5] == ["CEF:0", "Snakeweb", "Snakeweb", "1", "target.edit"]
    assert "|6|rt=1772366400250 externalId=7 " in line
    assert r"reason=a|b\=c\nd\\e " in line
    assert r"=cmd\|calc" in line


def test_ocsf_is_json_of_the_class_api_activity():
    (line,) = one(ExportFormat.OCSF)
    event = json.loads(line)

    assert (event["class_uid"], event["category_uid"], event["type_uid"]) == (6003, 6, 600399)
    assert (event["time"], event["status_id"]) == (1772366400250, 2)
    assert event["actor"]["user"]["name"] == "=cmd|calc"
    assert event["unmapped"]["after"] == {"name": "é"}


def test_json_lines_are_not_written_here():
    with pytest.raises(KeyError):
        list(rendered([], ExportFormat.JSONL))


@pytest.mark.parametrize("format_", ExportFormat)
def test_each_format_has_a_type_and_a_file_name_of_its_own(format_):
    assert "/" in format_.media_type
    assert len({other.file_name for other in ExportFormat}) == len(ExportFormat)
