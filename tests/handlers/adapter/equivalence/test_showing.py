import os
from pathlib import Path

import pytest

from migrations_app.handlers.adapter.equivalence import showing
from migrations_app.handlers.adapter.equivalence.showing import readable


def project(directory: Path) -> Path:
    root = directory / "project"
    (root / "package").mkdir(parents=True)
    (root / "package/module.py").write_text("x = 1\n")
    (root / ".git").mkdir()
    (root / "link.py").symlink_to("package/module.py")
    return root


def test_what_everybody_may_read_is_shown_as_it_is(tmp_path):
    root = project(tmp_path)
    with readable(root) as shown:
        assert shown == root


@pytest.mark.skipif(os.geteuid() != 0, reason="only where we are root is the user inside another one")
def test_what_its_owner_alone_may_read_is_copied(tmp_path):
    root = project(tmp_path)
    (root / "package/module.py").chmod(0o600)
    os.mkfifo(root / "pipe")

    with readable(root) as shown:
        assert shown != root
        assert shown.name == root.name
        assert (shown / "package/module.py").stat().st_mode & 0o777 == 0o644
        assert (shown / "link.py").read_text() == "x = 1\n"
        assert not (shown / ".git").exists()
        assert not (shown / "pipe").exists()
    assert not shown.exists()
    assert (root / "package/module.py").stat().st_mode & 0o777 == 0o600


def test_what_is_too_large_is_shown_as_it_is(tmp_path, monkeypatch):
    root = project(tmp_path)
    (root / "package/module.py").chmod(0o600)
    monkeypatch.setattr(showing, "MOST_BYTES", 1)
    with readable(root) as shown:
        assert shown == root
