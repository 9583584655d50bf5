import pytest

from migrations_app.handlers.upgrade.sessions import changes_between
from migrations_app.snakepit.versions import Version


@pytest.mark.parametrize(
    ("origin", "to", "versions"),
    [
        ("0.4.3", "0.6.6", ["0.5.0", "0.6.6"]),
        ("0.6.6", "0.7.1", []),
        ("0.12.0", "0.13.0", ["0.13.0"]),
        ("0.13.0", "0.4.0", []),
    ],
)
def test_what_lies_on_the_way_up(origin: str, to: str, versions: list[str]) -> None:
    assert [one.version for one in changes_between(Version(origin), Version(to))] == versions
