import json
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from migrations_app.handlers.data.rejected import prefix
from migrations_app.models import AuditEntry, Run
from migrations_app.runtime import composition
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.services.rejected_rows import rejected_rows
from tests.cast import NOW, Cast
from tests.runs import a_run
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: LazySettings, tmp_path: Path) -> None:
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"


@pytest.fixture
def run(cast: Cast) -> Run:
    """With two refused rows."""
    made = a_run()
    for number in ("1", "2"):
        row = {"table": "orders", "key": [number], "reason": "No.", "values": {"note": "ä"}}
        with composition.artifacts().create(f"{prefix(made.pk)}{number}.ndjson") as stream:
            stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return made


def test_whoever_may_control_runs_gets_every_row_and_it_is_written_down(cast: Cast, run: Run) -> None:
    found = rejected_rows(actor=cast.actors["operator"], now=NOW, run_id=run.pk)

    assert [json.loads(line)["key"] for line in found.lines] == [["1"], ["2"]]
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.object_id, entry.actor) == ("run.rejected_rows", str(run.pk), "operator")


@pytest.mark.parametrize(("who", "refused"), [("viewer", PermissionDenied), ("outsider", NotFound)])
def test_others_do_not(cast: Cast, run: Run, who: str, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        rejected_rows(actor=cast.actors[who], now=NOW, run_id=run.pk)


def test_a_run_without_any_says_so(cast: Cast) -> None:
    with pytest.raises(NotFound, match="No refused rows"):
        rejected_rows(actor=cast.actors["operator"], now=NOW, run_id=a_run().pk)


def test_the_page_hands_them_out_as_a_file(cast: Cast, run: Run) -> None:
    answer = signed_in("operator").get(f"/runs/{run.pk}/rejected/")

    assert answer.status_code == 200
    assert f'filename="run-{run.pk}-rejected.ndjson"' in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content).count("ä".encode()) == 2
    assert Client().get(f"/runs/{run.pk}/rejected/").status_code == 302


def test_the_api_does_too(cast: Cast, run: Run) -> None:
    answer = signed_in("operator").get(f"/api/v1/runs/{run.pk}/rejected")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content).splitlines()) == 2
    assert signed_in("viewer").get(f"/api/v1/runs/{run.pk}/rejected").status_code == 403
