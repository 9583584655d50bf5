"""The control database and the cast of every test: people named for what they may do."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.runtime.rates import OFF, Rate
from migrations_app.services.actor import Actor
from tests import configurations_on_disk, control_database, stores_on_disk
from tests.cast import NOW, PASSWORD, Cast, actor_of, gather
from tests.configurations_on_disk import ConfigurationStage
from tests.stores_on_disk import Stage

# Contracts are not in files that pytest looks for tests in; their asserts should explain themselves all the same.
pytest.register_assert_rewrite("tests.stores", "tests.pools")
pytest_plugins = [
    "tests.scheduling",
    "tests.servers",
    "tests.audit_table",
    "tests.upgrades_on_stage",
    "tests.adapters_on_stage",
    "tests.receivers",
    "tests.alarms",
    "tests.wheel",
]


def pytest_configure(config: pytest.Config) -> None:
    control_database.choose(config)
    _let_files_be_targets()
    _let_calls_reach_this_machine()
    _count_nothing()
    _keep_artifacts_apart()
    _read_no_targets()
    # Real hashing would take most of the time that making people takes.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _let_files_be_targets() -> None:
    """Where tests keep their stores, here and in the processes that they start; /nowhere is for paths that fail."""
    settings.SNAKEWEB_FILE_ROOTS = (Path(tempfile.gettempdir()), Path("/nowhere"))
    os.environ["SNAKEWEB_FILE_ROOTS"] = os.pathsep.join(map(str, settings.SNAKEWEB_FILE_ROOTS))


def _let_calls_reach_this_machine() -> None:
    """Receivers that tests start are on 127.0.0.1, where no call goes otherwise."""
    settings.SNAKEWEB_OUTGOING_NETWORKS = ("127.0.0.1/32",)
    os.environ["SNAKEWEB_OUTGOING_NETWORKS"] = "127.0.0.1/32"


def _count_nothing() -> None:
    """Tests ask more often than people do, here and in the processes that they start. Those of the rates say which."""
    settings.SNAKEWEB_RATE_LIMITS = {rate.value: OFF for rate in Rate}
    os.environ["SNAKEWEB_RATE_LIMITS"] = " ".join(f"{name}={OFF}" for name in settings.SNAKEWEB_RATE_LIMITS)


def _read_no_targets() -> None:
    """How busy targets are is what a few tests are about, which switch it on; every run would ask for it."""
    settings.SNAKEWEB_IMPACT_SECONDS = 0
    os.environ["SNAKEWEB_IMPACT_SECONDS"] = "0"


def _keep_artifacts_apart() -> None:
    """Runs of two databases have the same numbers, and processes of one pass of the gate share a state directory.

    In the processes that they start as well, which see the same database.
    """
    settings.SNAKEWEB_ARTIFACTS_URL += f"/{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    os.environ["SNAKEWEB_ARTIFACTS_URL"] = settings.SNAKEWEB_ARTIFACTS_URL


def pytest_unconfigure() -> None:
    control_database.stop()


@pytest.fixture
def now() -> datetime:
    """The moment at which everything in a test happens."""
    return NOW


@pytest.fixture
def cast(db: None, now: datetime) -> Cast:
    """Seven people and three environments; see `tests/cast.py`."""
    return gather(now)


@pytest.fixture
def people(cast: Cast) -> dict[str, Person]:
    """By user name, which is the name of the fixture."""
    return dict(cast.people)


@pytest.fixture
def operator(cast: Cast) -> Actor:
    """Authors and runs, everywhere."""
    return cast.actors["operator"]


@pytest.fixture
def approver(cast: Cast) -> Actor:
    """Signs, everywhere; has just shown their password."""
    return cast.actors["approver"]


@pytest.fixture
def second_approver(cast: Cast) -> Actor:
    return cast.actors["second_approver"]


@pytest.fixture
def auditor(cast: Cast) -> Actor:
    return cast.actors["auditor"]


@pytest.fixture
def viewer(cast: Cast) -> Actor:
    """Watches everywhere, through the group of the viewers."""
    return cast.actors["viewer"]


@pytest.fixture
def outsider(cast: Cast) -> Actor:
    """Can log in and has no role at all."""
    return cast.actors["outsider"]


@pytest.fixture
def admin(cast: Cast) -> Actor:
    """Manages everything and everybody, and neither runs nor signs."""
    return cast.actors["admin"]


@pytest.fixture
def second_admin(cast: Cast, now: datetime) -> Actor:
    """Confirms what the admin proposes. No part of the cast: only tests of policies need two admins."""
    person = Person.objects.create_user("second_admin", "second_admin@example.org", PASSWORD)
    RoleGrant.objects.create(person=person, role="admin", granted_at=now)
    return actor_of(person, now)


@pytest.fixture
def admins(admin: Actor, second_admin: Actor) -> tuple[Actor, Actor]:
    """The one who proposes and the one who confirms."""
    return admin, second_admin


@pytest.fixture
def dev(cast: Cast) -> Environment:
    """Asks for no approval."""
    return cast.environments["dev"]


@pytest.fixture
def staging(cast: Cast) -> Environment:
    """Asks for one approval."""
    return cast.environments["staging"]


@pytest.fixture
def production(cast: Cast) -> Environment:
    """Protected; asks for two approvals."""
    return cast.environments["production"]


@pytest.fixture
def stage(cast: Cast, staging: Environment, tmp_path: Path, now: datetime) -> Stage:
    """Two SQLite session stores as targets in staging, which asks for one approval."""
    return stores_on_disk.stage(cast, staging, tmp_path / "stores", now)


@pytest.fixture
def production_stage(cast: Cast, production: Environment, tmp_path: Path, now: datetime) -> Stage:
    """The same in production, which asks for two."""
    return stores_on_disk.stage(cast, production, tmp_path / "production-stores", now)


@pytest.fixture
def configuration(cast: Cast, dev: Environment, tmp_path: Path, now: datetime) -> ConfigurationStage:
    """The files of a configuration as a target in dev, which asks for no approval."""
    return configurations_on_disk.configuration_stage(cast, dev, tmp_path / "configuration", now)
