"""`manage.py hold_runs`, before workers are started on a restored database."""

from datetime import datetime

import pytest
from django.core.management import call_command

from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.models import AuditEntry, Run
from migrations_app.services import runs
from migrations_app.services.actor import SYSTEM
from tests.runs import a_run

pytestmark = pytest.mark.django_db


def put(run: Run, **values: object) -> Run:
    Run.objects.filter(pk=run.pk).update(**values)
    return run


def test_what_goes_forward_is_paused_and_audited(now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    waits, parked = a_run("one"), put(a_run("two"), state=RunState.PARKED)
    over = put(a_run("three"), state=RunState.SUCCEEDED)

    call_command("hold_runs")

    said = capsys.readouterr().out
    assert f"run {waits.pk} " in said
    assert f"run {over.pk} " not in said
    assert dict(Run.objects.values_list("pk", "signal")) == {
        waits.pk: Signal.PAUSE,
        parked.pk: Signal.PAUSE,
        over.pk: Signal.NONE,
    }
    assert AuditEntry.objects.filter(action="run.pause", outcome="allowed").count() == 2
    runs.resume(actor=SYSTEM, now=now, run_id=parked.pk)

    call_command("hold_runs")
    assert (
        f"run {waits.pk} (apply of migration {waits.migration_id}, queued): is held already" in capsys.readouterr().out
    )
    assert AuditEntry.objects.filter(action="run.pause").count() == 3


def test_nothing_to_hold_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    put(a_run("one"), state=RunState.SUCCEEDED)

    call_command("hold_runs")

    assert capsys.readouterr().out == "No run is under way: nothing to hold.\n"


def test_what_cannot_be_paused_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    back = put(a_run("one"), state=RunState.ROLLING_BACK)

    with pytest.raises(SystemExit) as ended:
        call_command("hold_runs")

    assert ended.value.code == 1
    assert f"run {back.pk} (apply of migration {back.migration_id}, rolling_back): not held." in capsys.readouterr().err
    assert Run.objects.get(pk=back.pk).signal == Signal.NONE
