"""Issue 11's first proof: from zero to verified and rolled back by `snakeweb` alone, against real processes."""

import stat
from collections.abc import Iterator

import pytest

from migrations_app.demo.people import PEOPLE
from migrations_app.stores.sessions import open_store
from tests.architecture.sources import ROOT
from tests.cli.installation import SESSIONS, Stage, stage
from tests.marks import WHOLE_INSTALLATION

pytestmark = [pytest.mark.servers, WHOLE_INSTALLATION]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("cli")) as made:
        yield made


def sessions(here: Stage, name: str) -> int:
    """Counted in the store itself."""
    with open_store({"store": "sqlite", "path": str(here.files / f"{name}.sqlite3")}, {}, read_only=True) as store:
        return store.count() if store.probe().exists else 0


def test_from_zero_to_verified_and_rolled_back(here: Stage) -> None:
    said = here.shell(f'{ROOT}/examples/cli/from_zero.sh "$@"', "targets.yaml", "migration.yaml")

    assert "still in review" in said
    assert "Arthur Approver: approve Read it." in said
    assert f"{SESSIONS} session(s) verified on “sessions-old”" in said
    assert "Everything is as it was before." in said
    assert (sessions(here, "walk-old"), sessions(here, "walk-new")) == (SESSIONS, 0)
    for secret in (*(person.password for person in PEOPLE), "swk_"):
        assert secret not in said
    settings = here.directory / "home" / ".config" / "snakeweb" / "config.toml"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert settings.read_text().count("swk_") == 3
