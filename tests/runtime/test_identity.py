import pytest

from migrations_app.runtime.identity import MOST_MAIL, mail


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (" Nora@Example.org ", "nora@example.org"),
        ("", ""),
        ("\N{KELVIN SIGN}evin@example.org", ""),  # its small letter is an ASCII k
        ("nora@ex\u0430mple.org", ""),
        ("n" * MOST_MAIL, "n" * MOST_MAIL),
        ("n" * (MOST_MAIL + 1), ""),
    ],
)
def test_an_address_becomes_no_other(told: str, known: str) -> None:
    assert mail(told) == known
