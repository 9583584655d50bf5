from datetime import datetime
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Page, Paging
from migrations_app.selectors import audit as reads
from migrations_app.selectors.audit import AuditFilters, AuditRow, ChainStatus
from migrations_app.services import proving

router = Router(tags=["audit"])


class Which(Paging):
    q: str = ""
    actor: str = ""
    action: str = ""
    outcome: str = ""
    environment: str = ""
    object_type: str = ""
    object_id: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


class From(Schema):
    after: int = 0


@router.get("", response=Page[AuditRow])
def list_audit(request: ApiRequest, which: Query[Which]) -> Any:
    filters = AuditFilters(**which.model_dump(exclude={"cursor", "limit"}))
    found = reads.audit_page(actor=request.auth, filters=filters, cursor=which.cursor, limit=which.limit)
    return {"items": found.rows, "next_cursor": found.next_cursor, "total": found.total}


@router.get("/export", openapi_extra={"responses": {200: {"content": {"application/x-ndjson": {}}}}})
def export_audit(request: ApiRequest, which: Query[From]) -> Any:
    """The chain as JSON lines (seq, hash, previous, body), in order, after entry `after`; for offline verification."""
    return ndjson(request, reads.export_lines(actor=request.auth, after=which.after))


@router.get("/verify", response=ChainStatus)
def last_proof(request: ApiRequest) -> Any:
    """The outcome of the last verification and when it was."""
    return reads.chain_status(actor=request.auth)


@router.post("/verify", response={202: ChainStatus})
def verify_audit(request: ApiRequest) -> Any:
    proving.verify_audit(actor=request.auth, now=now())
    return Status(202, reads.chain_status(actor=request.auth))


def ndjson(request: HttpRequest, lines: Any) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Content-Disposition"] = 'attachment; filename="snakeweb-audit.jsonl"'
    return response
