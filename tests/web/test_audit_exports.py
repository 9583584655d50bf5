"""Long exports on the page: asked for with the filters that are shown, watched, downloaded, removed."""

import pytest

from migrations_app.models import AuditEntry, AuditExport
from migrations_app.proofs.export import verify
from migrations_app.runtime import sealing
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import audit_exports
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def test_an_export_from_the_filters_of_the_page_to_the_file(cast, settings, tmp_path):
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}"
    client = signed_in("auditor")
    client.post("/audit/verify/")
    assert 'name="query" value="actor=auditor"' in client.get("/audit/?actor=auditor").content.decode()
    answer = client.post("/audit/exports/", {"query": "actor=auditor", "format": "jsonl"})
    assert (answer.status_code, answer["Location"]) == (302, "/audit/exports/")
    row = AuditExport.objects.get()

    page = client.get("/audit/exports/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "actor auditor" in page
    audit_exports.write(export_id=row.pk, clock=SystemClock())
    part = client.get("/audit/exports/", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<section class="card" id="audit-exports"')
    assert "every 2s" not in part

    file = client.get(f"/audit/exports/{row.pk}/file/")
    assert file["Content-Disposition"] == 'attachment; filename="snakeweb-audit.jsonl"'
    assert verify(b"".join(file.streaming_content).splitlines(True), sealing.trusted_keys()).entries == row.through
    assert AuditEntry.objects.filter(action="audit.download").count() == 1
    client.post(f"/audit/exports/{row.pk}/remove/")
    assert client.get(f"/audit/exports/{row.pk}/file/").status_code == 404


def test_others_get_none_of_it(cast):
    client = signed_in("operator")
    for answer in (client.get("/audit/exports/"), client.get("/audit/exports/1/file/")):
        assert answer.status_code == 403
    client.post("/audit/exports/", {"query": "", "format": "jsonl"})
    assert not AuditExport.objects.exists()
