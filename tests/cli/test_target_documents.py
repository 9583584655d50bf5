"""Targets from a file: secrets come from elsewhere, and what is wrong is named before anything is sent."""

from pathlib import Path

import pytest

from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.target_documents import read


def document(**spec: object) -> dict[str, object]:
    return {
        "apiVersion": "snakeweb/v1",
        "kind": "Target",
        "metadata": {"name": "cache", "environment": "staging"},
        "spec": {"kind": "session_store", "config": {"store": "redis"}, **spec},
    }


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_PASSWORD", "one")
    (tmp_path / "ca").write_text("two\n")

    found = read(document(secrets={"password": {"env": "CACHE_PASSWORD"}, "ca": {"file": str(tmp_path / "ca")}}))

    assert (found.name, found.environment, found.kind) == ("cache", "staging", "session_store")
    assert found.secrets == {"password": "one", "ca": "two"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "the document"),
        ([], "the document"),
        (document() | {"kind": "Migration"}, "kind"),
        (document() | {"more": 1}, "the document"),
        (document() | {"metadata": {"name": "cache"}}, "metadata.environment"),
        (document() | {"metadata": {"name": 1, "environment": "x"}}, "metadata.name"),
        (document(config=[]), "spec.config"),
        (document(kind=" "), "spec.kind"),
        (document(secrets={"password": "plain"}), "spec.secrets.password"),
        (document(secrets={"password": {"env": "NOT_THERE_AT_ALL"}}), "spec.secrets.password"),
        (document(secrets={"password": {"file": "/nowhere"}}), "spec.secrets.password"),
        (document(secrets={"password": {"env": "A", "file": "b"}}), "spec.secrets.password"),
    ],
)
def test_what_is_wrong_is_named(given: object, field: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        read(given)

    assert failed.value.status is Exit.INVALID
    assert str(failed.value).startswith(f"{field} ")
    assert "plain" not in str(failed.value)
