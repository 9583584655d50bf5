"""Declared fields (`engine/parameters.py`) as form controls, and what a form sent as values for their declarations.

An input is named by its path (`options.batch_size`), which is also how problems name it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.web.problems import ProblemsByField


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
        default = "" if self.field.default is None else str(self.field.default)
        return self.value != default or bool(self.problems)

    @property
    def kind(self) -> str:
        return str(self.field.kind)

    @property
    def long(self) -> bool:
        return self.field.kind is FieldKind.TEXT and self.field.max_length > 400


def controls(
    fields: Sequence[Field], values: Mapping[str, Any], *, path: str, problems: ProblemsByField
) -> tuple[Control, ...]:
    """`values` maps field names to stored or posted values; a field that is not in it shows its default."""
    return tuple(_control(field, values.get(field.name, field.default), path, problems) for field in fields)


def _control(field: Field, value: Any, path: str, problems: ProblemsByField) -> Control:
    name = f"{path}.{field.name}"
    text = "" if value is None or isinstance(value, bool) else str(value)
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


def text_of(value: Any) -> str:
    """A value as its input sends it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)


def _default_text(field: Field) -> str:
    return text_of(field.default)
