"""A selection as JSON: what a plan shows and signs by its digest, and what a run keeps to go by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from migrations_app.engine.plan import content_digest
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import (
    Condition,
    KeyRange,
    Mapped,
    Operator,
    Selection,
    Transform,
    TransformKind,
)


def to_document(selection: Selection) -> dict[str, Any]:
    return asdict(selection)


def from_document(saved: Mapping[str, Any]) -> Selection:
    """Inverse of `to_document`, after JSON as well."""
    return Selection(
        source=saved["source"],
        target=saved["target"],
        key=tuple(saved["key"]),
        columns=tuple(_mapped(each) for each in saved["columns"]),
        where=tuple(
            Condition(each["column"], Operator(each["operator"]), tuple(each["values"])) for each in saved["where"]
        ),
        bytewise=saved["bytewise"],
    )


def range_to_document(within: KeyRange) -> list[list[str] | None]:
    return [None if end is None else list(end) for end in (within.after, within.upto)]


def range_from_document(saved: Sequence[Sequence[str] | None]) -> KeyRange:
    after, upto = (None if end is None else tuple(end) for end in saved)
    return KeyRange(after, upto)


def digest(selections: Sequence[Selection]) -> str:
    """SHA-256 (hex): of what is moved and how, which is what a plan's steps are bound to."""
    return content_digest([to_document(selection) for selection in selections])


def _mapped(saved: Mapping[str, Any]) -> Mapped:
    transforms = tuple(Transform(TransformKind(each["kind"]), each["text"]) for each in saved["transforms"])
    return Mapped(saved["target"], saved["source"], transforms, _type(saved["type"]))


def _type(saved: Mapping[str, Any]) -> ColumnType:
    element = saved["element"]
    return ColumnType(
        **{**saved, "kind": TypeKind(saved["kind"]), "element": None if element is None else _type(element)}
    )
