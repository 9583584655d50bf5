"""Numbers out of form fields and addresses."""

LARGEST = 2**63 - 1


def whole_number(text: str) -> int | str:
    """`" 1,000 "` -> 1000; what is no number stays text, for the declaration of its field to complain about."""
    cleaned = text.strip().replace(",", "").replace(" ", "")
    digits = cleaned.removeprefix("-")
    return int(cleaned) if digits.isascii() and digits.isdigit() and len(digits) < 19 else text


def identifier(text: object) -> int | None:
    """A positive id that a database can hold, or None."""
    number = whole_number(text) if isinstance(text, str) else None
    return number if isinstance(number, int) and 0 < number <= LARGEST else None
