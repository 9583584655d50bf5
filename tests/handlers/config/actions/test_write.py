from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import RunState
from tests.handlers.config.places import BEFORE, Rewrite


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def test_permissions_of_every_file_are_kept(rewrite: Rewrite) -> None:
    for path in rewrite.place.iterdir():
        path.chmod(0o640)

    assert rewrite.begin().finish().state is RunState.SUCCEEDED

    assert {path.stat().st_mode & 0o777 for path in rewrite.place.iterdir()} == {0o640}


def test_a_file_that_cannot_be_replaced_leaves_all_as_they_were(rewrite: Rewrite) -> None:
    (rewrite.place / "prod-too.exs").hardlink_to(rewrite.place / "prod.exs")

    view = rewrite.begin().finish()

    assert view.state is RunState.ROLLED_BACK
    assert "2 names" in view.step("write").error["message"]
    assert {name: rewrite.contents[name] for name in BEFORE} == BEFORE
