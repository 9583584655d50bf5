from collections.abc import Iterator

import pytest

from tests.handlers.upgrade.places import Upgrade, service


@pytest.fixture(autouse=True)
def no_elixir(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many runs: what Elixir itself says of a result is shown where configurations are migrated."""
    monkeypatch.setattr("migrations_app.handlers.config.elixir.shutil.which", lambda _name: None)


@pytest.fixture
def upgrade() -> Iterator[Upgrade]:
    """Three workers of its own."""
    with service() as made:
        yield made


@pytest.fixture(scope="module")
def served() -> Iterator[Upgrade]:
    """Two workers for all tests of a module."""
    with service(workers=2) as made:
        yield made


@pytest.fixture
def looked_at(served: Upgrade) -> Upgrade:
    """The same, for tests that change nothing of the pool."""
    served.lay()
    served.parameters, served.with_project = {}, True
    return served
