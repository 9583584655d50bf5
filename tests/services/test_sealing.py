from datetime import timedelta
from pathlib import Path

import pytest

from migrations_app.models import AuditEntry, AuditPlace
from migrations_app.services import sealing
from tests.audit_table import entries, without_triggers
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
LATER = AT + timedelta(minutes=6)


@pytest.fixture
def places(settings, tmp_path: Path) -> list[Path]:
    directories = [tmp_path / "one", tmp_path / "two"]
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = tuple(path.as_uri() for path in directories)
    directories[0].mkdir()
    return directories


def test_a_checkpoint_goes_to_each_place_and_a_place_that_fails_gets_it_later(places: list[Path]) -> None:
    entries(3)

    assert sealing.seal_audit(now=LATER) == sealing.Sealed(made=1, written=1)
    good, bad = AuditPlace.objects.order_by("name")
    assert (good.written_through, good.written_at, good.problem) == (1, LATER, "")
    assert (bad.written_through, bad.written_at) == (0, None)
    assert "cannot be written" in bad.problem

    places[1].mkdir()
    assert sealing.seal_audit(now=LATER) == sealing.Sealed(made=0, written=1)
    bad.refresh_from_db()
    assert (bad.written_through, bad.problem) == (1, "")
    assert [list(known) for known in sealing.outside().values()] == [[1], [1]]


def test_nothing_to_do_writes_nothing(places: list[Path]) -> None:
    places[1].mkdir()
    assert sealing.seal_audit(now=LATER) == sealing.Sealed(0, 0)
    assert not any(places[0].iterdir())


def test_sealing_is_no_entry_of_the_trail(places: list[Path]) -> None:
    entries(2)
    sealing.seal_audit(now=LATER)

    assert AuditEntry.objects.count() == 2


def test_a_damaged_chain_is_left_unsealed_and_what_was_sealed_still_goes_out(
    places: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    entries(2)
    sealing.seal_audit(now=LATER)
    places[1].mkdir()
    entries(2)
    with without_triggers():
        AuditEntry.objects.filter(seq=4).update(body=b"{}")

    assert sealing.seal_audit(now=LATER + timedelta(hours=1)) == sealing.Sealed(made=0, written=1)
    assert "entry 4 is not as it was written" in caplog.text


def test_a_place_that_cannot_be_read_is_left_out_and_said(places: list[Path]) -> None:
    (places[0] / "checkpoint-000000000001.json").write_text("rubbish")

    assert sealing.outside() == {str(places[1]): {}}
    assert "holds no checkpoint" in AuditPlace.objects.get(name=str(places[0])).problem
