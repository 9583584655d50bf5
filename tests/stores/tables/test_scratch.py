from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables import scratch
from tests.stores.tables.places import DatabasePlace, sqlite_place

WORKER = WorkerToken("run:7", 1)
REMOTE = {"engine": "postgres", "host": "db.example", "database": "shop", "username": "shop"}


def test_it_lies_beside_the_target_and_belongs_to_one_run(tmp_path: Path) -> None:
    assert scratch.scratch_config(REMOTE, 7) == {**REMOTE, "schemas": "snakeweb_rehearsal_7"}
    place = scratch.scratch_config({"engine": "sqlite", "path": str(tmp_path / "shop.db")}, 7)
    assert place["path"] == f"{tmp_path}/shop.db.rehearsal-7"
    assert "shop.db.rehearsal-7" in scratch.shown(place)


def test_another_kind_of_database_has_none() -> None:
    config = {"engine": "sqlalchemy", "driver": "mysql+pymysql", "host": "a", "database": "b", "username": "c"}
    assert "sqlalchemy" in scratch.why_no_scratch(config)
    with pytest.raises(ValidationFailed):
        scratch.scratch_config(config, 7)


@pytest.mark.parametrize(
    ("table", "name"),
    [("public.orders", "orders"), ("shop.orders", "shop__orders"), (f"shop.{'x' * 63}", None)],
)
def test_tables_of_several_schemas_keep_apart(table: str, name: str | None) -> None:
    there = scratch.renamed(table, scratch.scratch_config(REMOTE, 7)).removeprefix("snakeweb_rehearsal_7.")
    assert there == name or (name is None and len(there) < 63 and there.startswith("t_"))
    assert scratch.renamed("orders", {"engine": "sqlite"}) == "orders"


@pytest.mark.parametrize("act", [scratch.make, scratch.remove])
def test_nothing_but_the_runs_own_is_touched(act: Any, tmp_path: Path) -> None:
    for config in (REMOTE, scratch.scratch_config(REMOTE, 71), {"engine": "sqlite", "path": str(tmp_path / "shop.db")}):
        with pytest.raises(ValidationFailed, match="nothing was touched"):
            act(config, {}, WORKER)


@pytest.mark.servers
def test_a_schema_is_made_and_removed_as_often_as_one_likes(postgres: DatabasePlace) -> None:
    config = scratch.scratch_config(postgres.config, 7)

    def schemas() -> int:
        address = {name: postgres.config[name] for name in ("host", "port")}
        with psycopg.connect(
            **address,
            dbname=postgres.config["database"],
            user=postgres.config["username"],
            password=postgres.secrets.get("password"),
        ) as connection:
            row = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'snakeweb_rehearsal_7'")
            return int((row.fetchone() or [0])[0])

    for act, expected in ((scratch.make, 1), (scratch.make, 1), (scratch.remove, 0), (scratch.remove, 0)):
        act(config, postgres.secrets, WORKER)
        assert schemas() == expected


def test_a_file_goes_with_what_lies_beside_it(tmp_path: Path) -> None:
    original = sqlite_place(tmp_path / "shop.db")
    config = scratch.scratch_config(original.config, 7)
    (tmp_path / "shop.db").touch()
    scratch.make(config, {}, WORKER)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{config['path']}{suffix}").touch()

    for _ in range(2):
        scratch.remove(config, {}, WORKER)

    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]
