"""Numbers out of form fields."""


def whole_number(text: str) -> int | str:
    """`" 1,000 "` -> 1000; what is no number stays text, for the declaration of its field to complain about."""
    cleaned = text.strip().replace(",", "").replace(" ", "")
    digits = cleaned.removeprefix("-")
    return int(cleaned) if digits.isascii() and digits.isdigit() and len(digits) < 19 else text
