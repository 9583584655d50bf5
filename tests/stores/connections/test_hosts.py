import pytest

from migrations_app.stores.connections.hosts import host_of


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("LOCALHOST.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("[::1]", "127.0.0.1"),
        ("/run/postgresql", "127.0.0.1"),
        ("10.1", "10.0.0.1"),
        (" Db.Example. ", "db.example"),
    ],
)
def test_a_host_has_one_text(written, host):
    assert host_of(written) == host
