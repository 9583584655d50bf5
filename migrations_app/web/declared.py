"""Declared fields (`engine/parameters.py`) as form controls, and what a form sent as values for their declarations.

An input is named by its path (`options.batch_size`), which is also how problems name it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind, parse
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.wording import duration, thousands

PLAIN_MS = 60_000  # up to here a number of milliseconds is read at a glance


@dataclass(frozen=True, slots=True)
class Control:
    """One control: `value` is the text to show, `checked` that of a checkbox."""

    name: str
    id: str
    field: Field
    value: str
    checked: bool
    problems: tuple[Problem, ...]

    @property
    def chosen(self) -> bool:
        """Whether it differs from its default, or wants attention: then it is never folded away."""
        if self.field.kind is FieldKind.BOOLEAN:
            return self.checked != bool(self.field.default) or bool(self.problems)
        missing = self.field.required and not self.value
        return self.value != _default_text(self.field) or missing or bool(self.problems)

    @property
    def kind(self) -> str:
        return str(self.field.kind)

    @property
    def wide(self) -> bool:
        """A path, a URL or a document: it takes the whole width."""
        long = self.field.kind is FieldKind.TEXT and self.field.max_length > 400
        return long or self.field.kind is FieldKind.DOCUMENT

    @property
    def lines(self) -> int:
        """How high a document is shown."""
        return min(30, max(4, self.value.count("\n") + 2))

    @property
    def bounds(self) -> tuple[str, str] | None:
        """The least and the most that an integer may be; milliseconds from a minute on also say how long that is."""
        least, most = self.field.minimum, self.field.maximum
        if least is None or most is None:
            return None
        return self._amount(least), self._amount(most)

    @property
    def says_itself(self) -> str:
        """`600000` ms -> `600,000 ms is 10 min`, which stays true while another is typed; '' where it is plain."""
        if self.field.unit != "ms" or not self.value.isascii() or not self.value.isdigit() or len(self.value) > 15:
            return ""
        number = int(self.value)
        return f"{thousands(number)} ms is {duration(number // 1000)}" if number >= PLAIN_MS else ""

    def _amount(self, number: int) -> str:
        if self.field.unit == "ms" and number >= PLAIN_MS:
            return f"{thousands(number)} ({duration(number // 1000)})"
        return thousands(number)


def controls(
    fields: Sequence[Field], values: Mapping[str, Any], *, path: str, problems: ProblemsByField
) -> tuple[Control, ...]:
    """`values` maps field names to stored or posted values; a field that is not in it shows its default."""
    return tuple(_control(field, values.get(field.name, field.default), path, problems) for field in fields)


def _control(field: Field, value: Any, path: str, problems: ProblemsByField) -> Control:
    name = f"{path}.{field.name}"
    text = "" if isinstance(value, bool) else text_of(value)
    return Control(name, name.replace(".", "-"), field, text, value in (True, "on", "true"), problems.of(name))


def posted_values(fields: Sequence[Field], posted: Mapping[str, str], *, path: str) -> dict[str, str]:
    """What was sent, as text; checkboxes send `on` or, through a hidden companion, `off`."""
    sent = {field.name: posted[f"{path}.{field.name}"] for field in fields if f"{path}.{field.name}" in posted}
    return {name: value.strip() if len(value) < 10_000 else value for name, value in sent.items()}


def chosen_values(fields: Sequence[Field], sent: Mapping[str, str]) -> dict[str, str]:
    """Without those left at their default: what nobody chose stays open to policy."""
    return {
        field.name: sent[field.name]
        for field in fields
        if field.name in sent and sent[field.name] != _default_text(field)
    }


def left_alone(fields: Sequence[Field], sent: Mapping[str, str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Of `stored`, what its input still says: as it is written there, be it the default or spelled unusually.

    What somebody wrote stays written when somebody else saves the form for another reason.
    """
    shown = shown_values(fields, stored)
    return {
        field.name: stored[field.name]
        for field in fields
        if field.name in stored
        and field.name in sent
        and _sent_back(field, sent[field.name]) == _sent_back(field, text_of(shown.get(field.name, field.default)))
    }


def shown_values(fields: Sequence[Field], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What inputs show of stored values, read as `parse` reads them: null and '' are the default, `yes` is a tick."""
    given = {field: stored[field.name] for field in fields if stored.get(field.name) not in (None, "")}
    return {field.name: _ticked(field, value) for field, value in given.items()}


def _ticked(field: Field, value: Any) -> Any:
    if field.kind is not FieldKind.BOOLEAN:
        return value
    return parse((field,), {field.name: value}, path="")[0].get(field.name, field.default)


def _sent_back(field: Field, text: str) -> str:
    """As a browser sends it: all but a document is one line."""
    between = "\n" if field.kind is FieldKind.DOCUMENT else ""
    return between.join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def text_of(value: Any) -> str:
    """A value as its input sends it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return "" if value is None else str(value)


def _default_text(field: Field) -> str:
    return text_of(field.default)
