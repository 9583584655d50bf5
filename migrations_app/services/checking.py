"""Looking at what people gave us: every problem is collected, then they are refused together."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.services.errors import InvalidInput

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LINES = "\r\n\t"
_JOINERS = "\u200c\u200d"  # Persian and Indic words, and many emoji, are spelled with them
_UNSHOWN = ("Cc", "Cf", "Cs")  # Unicode: controls; invisible and direction marks; halves of characters


class Check:
    """Collects problems. Each method returns the clean value, or a harmless one when there is a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, field: str, message: str, fix: str = "", code: str = "invalid") -> None:
        self.problems.append(Problem(field, message, fix, code))

    def add(self, problems: Iterable[Problem]) -> None:
        self.problems.extend(problems)

    def done(self) -> None:
        """Raises InvalidInput when there is any problem."""
        if self.problems:
            raise InvalidInput(self.problems)

    def text(self, field: str, value: Any, *, most: int, required: bool = False, lines: bool = False) -> str:
        if value is None:
            value = ""
        if not isinstance(value, str):
            self.problem(field, "This has to be text.", "Put it in quotes.", "not_text")
            return ""
        if len(value) > most:
            self.problem(field, f"This is {len(value):,} characters long.", f"Use at most {most:,}.", "too_long")
            return ""
        unshown = _unshown(value, allowed=_LINES if lines else "")
        if unshown is not None:
            self.problem(
                field,
                f"This holds {_named(value[unshown])} at character {unshown + 1}, which cannot be seen.",
                "Remove invisible and control characters; typing the text anew does."
                if lines
                else "Write it in one line, without invisible and control characters.",
                "control",
            )
            return ""
        clean = value.strip()
        if required and not clean.strip(_JOINERS):
            self.problem(field, "This is missing.", "Fill it in.", "required")
        return str(clean)

    def name(self, field: str, value: Any, *, most: int) -> str:
        clean = self.text(field, value, most=most, required=True)
        if clean and not NAME.fullmatch(clean):
            self.problem(
                field,
                f"“{clean}” is not a name that can be used here.",
                "Use small letters, digits and hyphens, such as sessions-redis.",
                "not_a_name",
            )
        return clean

    def integer(self, field: str, value: Any, *, least: int, most: int) -> int:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problem(field, "This has to be a whole number.", f"Use {least} to {most}.", "not_a_number")
            return least
        if not least <= value <= most:
            self.problem(field, f"{value} is out of range.", f"Use a number from {least} to {most}.", "out_of_range")
            return least
        return value

    def flag(self, field: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self.problem(field, "This has to be true or false.", "Use true or false.", "not_a_flag")
            return False
        return value

    def mapping(self, field: str, value: Any, *, most: int = 100) -> Mapping[str, Any]:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            self.problem(field, "This has to be a set of named values.", "Write it as name: value.", "not_a_mapping")
            return {}
        if len(value) > most:
            self.problem(field, f"This has {len(value)} entries.", f"Use at most {most}.", "too_long")
            return {}
        return value

    def one_of(self, field: str, value: Any, known: Sequence[str], what: str) -> str:
        if not isinstance(value, str) or value not in known:
            shown = value if isinstance(value, str) and len(value) <= 80 else type(value).__name__
            self.problem(field, f"“{shown}” is no {what}.", f"Choose one of: {', '.join(known)}.", "unknown")
            return ""
        return value

    def moment(self, field: str, value: Any) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.problem(field, "This has to be a time with its zone.", "Such as 2026-01-31T12:00:00Z.", "not_a_time")
            return None
        return value


def invalid(field: str, message: str, fix: str, code: str = "invalid") -> InvalidInput:
    """One problem, ready to raise."""
    return InvalidInput([Problem(field, message, fix, code)])


def _unshown(text: str, *, allowed: str) -> int | None:
    """Where the first character stands that nobody sees, or that makes others look like something else."""
    return next(
        (
            at
            for at, one in enumerate(text)
            if unicodedata.category(one) in _UNSHOWN and one not in allowed and one not in _JOINERS
        ),
        None,
    )


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' ({name})' if name else ''}"
