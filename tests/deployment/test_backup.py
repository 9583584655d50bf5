"""The commands of docs/backup.md for SQLite, as they stand there. Those for PostgreSQL: test_compose.py."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.deployment.documented import commands

pytestmark = [pytest.mark.servers]


def test_an_installation_on_sqlite_is_lost_and_restored(tmp_path: Path) -> None:
    state, backup, programs = (tmp_path / name for name in ("state", "backup", "programs"))
    for folder in (state / "artifacts", backup, programs):
        folder.mkdir(parents=True)
    (programs / "django-admin").write_text(f'#!/bin/sh\nexec {sys.executable} -m django "$@"\n')
    (programs / "django-admin").chmod(0o700)
    (state / "artifacts" / "kept").write_bytes(b"of a run")
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SNAKEWEB", "COV"))},
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_STATE": str(state),
        "SNAKEWEB_FILE_ROOTS": str(tmp_path),
    }

    def follow(*lines: str) -> str:
        said = ""
        for line in lines:
            words = line.replace("/var/lib/snakeweb", str(state)).replace("/backup/", f"{backup}/")
            ended = subprocess.run(
                ["sh", "-ec", words], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False
            )
            assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"
            said += ended.stdout
        return said

    follow("django-admin migrate --noinput -v 0", "django-admin demo --seed-only")
    lines = commands("docs/backup.md", "Backup and restore, with SQLite")
    first = next(number for number, line in enumerate(lines) if line.startswith("rm "))
    with closing(sqlite3.connect(state / "snakeweb.sqlite3")) as busy:  # what is newest lies in the second file
        busy.execute("UPDATE migrations_app_environment SET description = 'changed a moment ago'")
        busy.commit()
        follow(*lines[:first])
    key = (state / "secret_keys").read_text()
    shutil.rmtree(state)
    state.mkdir()
    (state / "secret_keys").write_text(key)

    follow(*lines[first:])
    said = follow(*(line for line in commands("docs/backup.md", "Restore, with PostgreSQL") if is_a_look(line)))

    assert "The chain is intact." in said
    assert "0 to move with manage.py rotate_secrets." in said
    assert "not in SNAKEWEB_SECRET_KEYS" not in said
    assert (state / "artifacts" / "kept").read_bytes() == b"of a run"
    with closing(sqlite3.connect(state / "snakeweb.sqlite3")) as restored:
        texts = {text for (text,) in restored.execute("SELECT description FROM migrations_app_environment")}
    assert texts == {"changed a moment ago"}


def is_a_look(line: str) -> bool:
    return line.startswith(("django-admin verify_audit", "django-admin rotate_secrets", "django-admin hold_runs"))
