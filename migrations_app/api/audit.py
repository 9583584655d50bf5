from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, count_export, now
from migrations_app.api.schemas import Page, Paging, page
from migrations_app.selectors.audit import AuditRow
from migrations_app.selectors.audit_chain import ChainStatus
from migrations_app.selectors.audit_checkpoints import SealedSegment
from migrations_app.selectors.audit_filters import AuditFilters
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import audit_reading, exporting, proving

router = Router(tags=["audit"])


class Which(Paging):
    q: str = ""
    actor: str = ""
    action: str = ""
    topic: str = ""
    outcome: str = ""
    environment: str = ""
    object_type: str = ""
    object_id: str = ""
    on_behalf_of: str = ""
    token: str = ""
    address: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Wanted(Which):
    after: int = 0
    format: ExportFormat = ExportFormat.JSONL


@router.get("", response=Page[AuditRow])
def list_audit(request: ApiRequest, which: Query[Which]) -> Any:
    """Newest first; that it was read is an entry a quarter of an hour. A page may hold fewer entries than asked for
    and still have a `next_cursor`: what few entries match is looked for in parts."""
    filters = AuditFilters(**which.model_dump(exclude={"cursor", "limit"}))
    found = audit_reading.page(
        actor=request.auth, now=now(), filters=filters, cursor=which.cursor, limit=which.limit, facets=False
    )
    return {"items": found.rows, "next_cursor": found.next_cursor, "total": found.total}


@router.get("/export", openapi_extra={"responses": {200: {"content": {"application/x-ndjson": {}}}}})
def export_audit(request: ApiRequest, which: Query[Wanted]) -> Any:
    """What matches, in the order of the chain. As `jsonl` each entry comes with what proves it, and the file verifies
    offline: `snakeweb audit verify FILE --public-key KEY`. `csv`, `cef` and `ocsf` prove nothing."""
    count_export(request.auth)
    filters = AuditFilters(**which.model_dump(exclude={"cursor", "limit", "format"}))
    lines = exporting.export_audit(actor=request.auth, now=now(), filters=filters, format=which.format)
    return download(lines, which.format)


@router.get("/checkpoints", response=Page[SealedSegment])
def list_checkpoints(request: ApiRequest, paging: Query[Paging]) -> Any:
    """Signed checkpoints, newest first: what sealed which entries. Body and signature are kept elsewhere as well."""
    return page(audit_reading.checkpoints(actor=request.auth, now=now(), cursor=paging.cursor, limit=paging.limit))


@router.get("/verify", response=ChainStatus)
def last_proof(request: ApiRequest) -> Any:
    """The outcome of the last verification and when it was."""
    return audit_reading.chain(actor=request.auth, now=now())


@router.post("/verify", response={202: ChainStatus})
def verify_audit(request: ApiRequest) -> Any:
    proving.verify_audit(actor=request.auth, now=now())
    return Status(202, audit_reading.chain(actor=request.auth, now=now()))


def download(lines: Iterator[bytes], format: ExportFormat) -> StreamingHttpResponse:  # noqa: A002
    response = StreamingHttpResponse(lines, content_type=format.media_type)
    response["Content-Disposition"] = f'attachment; filename="{format.file_name}"'
    return response
