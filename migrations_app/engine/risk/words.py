"""Amounts in the evidence of findings."""


def time_words(seconds: int) -> str:
    """`90` -> `90 s`, `7276` -> `121 min`."""
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"
