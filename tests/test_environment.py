"""Addresses in the environment whose passwords were not percent-encoded: no process starts, and none quotes a piece."""

import pytest

from snakeweb import environment

ADDRESSES = (
    "SNAKEWEB_DATABASE_URL",
    "SNAKEWEB_REDIS_URL",
    "SNAKEWEB_SMTP_URL",
    "SNAKEWEB_TRACES_URL",
    "SNAKEWEB_AUDIT_CHECKPOINTS_URLS",
)


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("piece", ["/", "#", "?", "["])
def test_a_piece_of_a_password_is_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str, piece: str) -> None:
    monkeypatch.setenv(name, f"https://u:pl4nted{piece}word@host/0")

    with pytest.raises(SystemExit) as ended:
        environment.read()

    assert name in str(ended.value)
    assert "Percent-encode" in str(ended.value)
    assert not {"pl4nted", "word@"} & set(str(ended.value).split())
    assert "pl4nted" not in str(ended.value)
    assert ended.value.__cause__ is None


@pytest.mark.parametrize("name", ["SNAKEWEB_DATABASE_URL", "SNAKEWEB_REDIS_URL", "SNAKEWEB_SMTP_URL"])
def test_digits_before_a_slash_are_no_port(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "redis://u:12/pl4nted@host/0")

    with pytest.raises(SystemExit, match=name):
        environment.read()


def test_good_addresses_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAKEWEB_DATABASE_URL", "postgres://u:p%2F%40%23@[::1]:5432/d")
    monkeypatch.setenv("SNAKEWEB_TRACES_URL", "https://receiver:8443/v1/@team?of=a@example.org")
    monkeypatch.setenv("SNAKEWEB_AUDIT_CHECKPOINTS_URLS", "file:///srv/a@b git+file:///srv/evidence?push=far")

    read = environment.read()

    assert len(read.audit_checkpoints_urls) == 2
    assert "p%2F" not in repr(read)
    assert "secret_keys" not in repr(read).replace("secret_keys_generated", "")
