"""A whole Snakeweb with people in it, two stores beside it, and the console script on a PATH."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrations_app.demo.installation import Installation, own_installation
from migrations_app.demo.people import PEOPLE
from tests.architecture.sources import ROOT
from tests.session_runs import fill

SESSIONS = 200
SCRIPT = f"""#!/bin/sh
export PYTHONPATH={ROOT}
exec {sys.executable} -W ignore::DeprecationWarning -c 'from migrations_app.cli.main import main; exit(main())' "$@"
"""
SETTLE = (
    "import django; django.setup(); from datetime import UTC, datetime; from migrations_app.demo import cast; "
    "cast.settle(datetime.now(UTC))"
)
TARGETS = """apiVersion: snakeweb/v1
kind: Target
metadata: {{name: sessions-old, environment: staging}}
spec: {{kind: session_store, config: {{store: sqlite, path: {files}/{name}-old.sqlite3}}}}
---
apiVersion: snakeweb/v1
kind: Target
metadata: {{name: sessions-new, environment: staging}}
spec: {{kind: session_store, config: {{store: sqlite, path: {files}/{name}-new.sqlite3}}}}
"""
MIGRATION = """apiVersion: snakeweb/v1
kind: Migration
metadata: {title: "Move | sessions @all", environment: staging}
spec:
  type: session_migration
  targets: {source: sessions-old, target: sessions-new}
  parameters: {settle_ms: 0}
  options: {batch_size: 50, parallel_workers: 1}
"""


@dataclass(frozen=True)
class Stage:
    """`directory` has targets.yaml, migration.yaml and the passwords; `files` the stores."""

    installation: Installation
    directory: Path
    files: Path

    def surroundings(self, **more: str) -> dict[str, str]:
        """Nothing of the test's own environment but PATH, with `snakeweb` first on it."""
        return {
            "PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.directory / "home"),
            "SNAKEWEB_URL": self.installation.url,
            "PASSWORDS": str(self.directory / "passwords"),
            **more,
        }

    def shell(self, script: str, *words: str, where: Path | None = None, more: Mapping[str, str] | None = None) -> str:
        """What a script of bash says, run as GitHub runs one. Fails with that when its status is not 0."""
        status, out = self.tried(script, *words, where=where, more=more)
        assert status == 0, out
        return out

    def tried(
        self, script: str, *words: str, where: Path | None = None, more: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script, "bash", *words],
            cwd=where or self.directory, env=self.surroundings(**(more or {})), text=True, timeout=240,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return ended.returncode, ended.stdout


@contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    files = directory / "files"
    files.mkdir()
    for name in ("walk", "merged"):
        fill({"store": "sqlite", "path": str(files / f"{name}-old.sqlite3")}, SESSIONS)
        (files / f"{name}-new.sqlite3").touch()
    _write_files(directory, files)
    with own_installation(directory) as installation:
        installation.prepare_database()
        installation.processes.run("people", [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SETTLE])
        web = installation.start_web()
        installation.start_dispatcher()
        installation.start_worker(1)
        installation.wait_until_ready(web)
        yield Stage(installation, directory, files)


def _write_files(directory: Path, files: Path) -> None:
    script = directory / "bin" / "snakeweb"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (directory / "home").mkdir()
    (directory / "passwords").mkdir()
    for person in PEOPLE:
        (directory / "passwords" / person.username).write_text(f"{person.password}\n")
    (directory / "targets.yaml").write_text(TARGETS.format(files=files, name="walk"))
    (directory / "migration.yaml").write_text(MIGRATION)
