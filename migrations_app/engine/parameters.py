"""Typed fields, declared once; forms, API schemas, YAML checks and docs come from them (DESIGN section 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrations_app.engine.errors import Problem

MAX_TEXT = 2000


class FieldKind(StrEnum):
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or option. `unit` is shown beside the input; limits are inclusive."""

    name: str
    kind: FieldKind
    label: str
    default: int | bool | str | None = None
    help: str = ""
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    max_length: int = MAX_TEXT


def parse(fields: Sequence[Field], raw: Mapping[str, Any], *, path: str) -> tuple[dict[str, Any], list[Problem]]:
    """Check `raw` against the declarations, filling in defaults.

    Returns the values and every problem at once; values of fields with a problem are left out. Problems name
    `path.field`; an unknown key is a problem that suggests the nearest known one.
    """
    raise NotImplementedError


def json_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema object (draft 2020-12) of these fields."""
    raise NotImplementedError
