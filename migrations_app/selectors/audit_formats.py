"""Audit entries for other programs: CSV for people, CEF and OCSF for what collects security events.

None of them proves anything: the JSON lines of `proofs/export.py` do.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from migrations_app.selectors.audit_sentences import sentence

Body = Mapping[str, Any]
_COLUMNS = (
    "seq", "at", "actor", "on_behalf_of", "token", "address", "request_id", "action", "object_type", "object_id",
    "environment", "outcome", "reason", "before", "after", "hash",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_CEF_SEVERITY = {"allowed": 3, "denied": 6, "failed": 5}
_OCSF_STATUS = {"allowed": 1, "denied": 2, "failed": 2}


class ExportFormat(StrEnum):
    JSONL = "jsonl"  # with proofs
    CSV = "csv"
    CEF = "cef"  # ArcSight's Common Event Format, version 0
    OCSF = "ocsf"  # Open Cybersecurity Schema Framework 1.3, class 6003 API Activity, as JSON lines

    @property
    def media_type(self) -> str:
        return {"csv": "text/csv; charset=utf-8", "cef": "text/plain; charset=utf-8"}.get(self, "application/x-ndjson")

    @property
    def label(self) -> str:
        return "JSON lines, with proofs" if self is ExportFormat.JSONL else self.value.upper()

    @property
    def file_name(self) -> str:
        return f"snakeweb-audit.{'ocsf.jsonl' if self is ExportFormat.OCSF else self.value}"


def rendered(rows: Iterable[tuple[str, bytes]], format: ExportFormat) -> Iterator[bytes]:  # noqa: A002
    """Rows are (hash, stored body). Raises KeyError for JSONL, which is not written here."""
    return _WRITERS[format](rows)


def _csv(rows: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    yield _csv_line(_COLUMNS)
    for digest, stored in rows:
        body = json.loads(stored)
        values = {**body, "object_type": body["object"]["type"], "object_id": body["object"]["id"], "hash": digest}
        for name in ("before", "after"):
            values[name] = "" if body[name] is None else json.dumps(body[name], ensure_ascii=False)
        yield _csv_line([_harmless(str(values[name])) for name in _COLUMNS])


def _csv_line(values: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _cef(rows: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for digest, stored in rows:
        body = json.loads(stored)
        head = ["CEF:0", "Snakeweb", "Snakeweb", str(body["format"]), body["action"], sentence(body)]
        extension = {
            "rt": _milliseconds(body["at"]),
            "externalId": body["seq"],
            "suser": body["actor"],
            "src": body["address"],
            "outcome": body["outcome"],
            "reason": body["reason"],
            "cs1Label": "object",
            "cs1": f"{body['object']['type']} {body['object']['id']}",
            "cs2Label": "environment",
            "cs2": body["environment"],
            "cs3Label": "request",
            "cs3": body["request_id"],
            "cs4Label": "hash",
            "cs4": digest,
        }
        said = " ".join(f"{name}={_cef_value(value)}" for name, value in extension.items() if value != "")
        severity = _CEF_SEVERITY[body["outcome"]]
        yield f"{'|'.join(map(_cef_head, head))}|{severity}|{said}\n".encode()


def _cef_head(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("\r", " ").replace("\n", " ")


def _cef_value(value: Any) -> str:
    return str(value).replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")


def _ocsf(rows: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for digest, stored in rows:
        body = json.loads(stored)
        event = {
            "class_uid": 6003,
            "category_uid": 6,
            "activity_id": 99,
            "activity_name": body["action"],
            "type_uid": 600399,
            "severity_id": 1 if body["outcome"] == "allowed" else 3,
            "time": _milliseconds(body["at"]),
            "status_id": _OCSF_STATUS[body["outcome"]],
            "status": body["outcome"],
            "status_detail": body["reason"],
            "message": sentence(body),
            "actor": {"user": {"name": body["actor"]}, "invoked_by": body["on_behalf_of"]},
            "src_endpoint": {"ip": body["address"]},
            "api": {"operation": body["action"], "request": {"uid": body["request_id"]}},
            "resources": [{"type": body["object"]["type"], "uid": body["object"]["id"]}],
            "metadata": {
                "version": "1.3.0",
                "product": {"name": "Snakeweb", "vendor_name": "Snakeweb"},
                "uid": str(body["seq"]),
                "original_time": body["at"],
            },
            "unmapped": {"environment": body["environment"], "token": body["token"], "hash": digest,
                         "before": body["before"], "after": body["after"]},
        }  # fmt: skip
        yield json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _milliseconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() * 1000)


_WRITERS: Mapping[ExportFormat, Callable[[Iterable[tuple[str, bytes]]], Iterator[bytes]]] = {
    ExportFormat.CSV: _csv,
    ExportFormat.CEF: _cef,
    ExportFormat.OCSF: _ocsf,
}
