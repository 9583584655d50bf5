import pytest

from migrations_app.web.numbers import identifier, whole_number


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), (" 1,000 ", 1000), ("-3", -3), ("1e3", "1e3"), ("", ""), ("²", "²")]
)
def test_whole_number(text: str, value: int | str) -> None:
    assert whole_number(text) == value


def test_a_number_too_long_stays_text() -> None:
    assert whole_number("9" * 40) == "9" * 40


@pytest.mark.parametrize("text", ["", "0", "-1", "x", None, "9" * 30])
def test_not_an_identifier(text: str | None) -> None:
    assert identifier(text) is None


def test_an_identifier() -> None:
    assert identifier("7") == 7
