"""The risk in words: amounts in the evidence of findings, and what adds up to what."""

from migrations_app.engine.risk.score import HIGHEST, Score


def time_words(seconds: int) -> str:
    """`90` -> `90 s`, `7276` -> `121 min`."""
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def explained(score: Score, *, adding: int, credited: int, waived: int = 0) -> str:
    """What adds up to the score; the numbers say how many findings add, take away and are waived."""
    parts = []
    if adding:
        parts.append(f"{_count(adding, 'finding adds', 'findings add')} {score.added}")
    if credited and adding:
        safer = _count(credited, "thing that makes it safer takes", "things that make it safer take")
        parts.append(f"{safer} {score.credited} away")
    if waived:
        parts.append(f"{_count(waived, 'waived finding', 'waived findings')} of {score.waived} not counted")
    if not parts:
        return "Nothing that raises the risk was found."
    said = ", ".join(parts)
    if score.clamped and adding:
        limit = f"no more than {HIGHEST}" if score.total > HIGHEST else "no less than 0"
        said += f"; that is {_signed(score.total)}, and a score is {limit}"
    return f"{said[:1].upper()}{said[1:]}: {score.score} of {HIGHEST} is {score.level}."


def _signed(number: int) -> str:
    return f"−{-number}" if number < 0 else str(number)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
