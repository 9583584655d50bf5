"""Where two sides part in one case, and what each did, for people."""

import re
from collections.abc import Mapping
from typing import Any, Final

from migrations_app.handlers.adapter.equivalence.report import MOST_TEXT, Observed, Tolerance
from migrations_app.handlers.adapter.equivalence.running import Seen
from migrations_app.handlers.adapter.equivalence.trees import parts
from migrations_app.handlers.adapter.equivalence.writing import written

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{6,}")
_NOTHING: Final[Mapping[str, Any]] = {}


def difference(custom: Seen, generic: Seen, tolerance: Tolerance) -> str:
    """'' where there is none, also where both were ended: that shows nothing. Else `what` of a Difference."""
    if custom.kind == generic.kind == "ended":
        return ""
    if custom.kind != generic.kind:
        return f"exception: {_did(custom)}, {_did(generic)}"
    if custom.kind == "raised":
        if custom.error != generic.error:
            return f"exception: {custom.error} and {generic.error}"
        if (
            custom.said
            and not generic.own
            and _ADDRESS.sub("0x", custom.message) != _ADDRESS.sub("0x", generic.message)
        ):
            return f"exception: {custom.error} with other words: {custom.message!r} and {generic.message!r}"[:MOST_TEXT]
    try:
        if custom.kind == "answer" and (found := parts(custom.value, generic.value, tolerance)):
            return f"answer: {found}"
        if found := _changed(custom.changed, generic.changed, tolerance):
            return f"arguments: {found}"
    except ValueError:
        return "answer: one of them cannot be read"
    if set(custom.effects) != set(generic.effects):
        only = [f"only custom {one}" for one in custom.effects if one not in generic.effects]
        only += [f"only generic {one}" for one in generic.effects if one not in custom.effects]
        return f"effects: {'; '.join(only)}"[:MOST_TEXT]
    return ""


def other_words(custom: Seen, generic: Seen) -> bool:
    """Whether both raised the same with other words, which is no difference and is told; not where the generic adapter
    says in its own words that arguments do not fit."""
    both = custom.kind == generic.kind == "raised" and custom.error == generic.error
    return both and not generic.own and custom.message != generic.message


def observed(seen: Seen) -> Observed:
    effects = (
        *seen.effects,
        *(f"changes its argument {name!r} to {written(tree)}" for name, tree in seen.changed.items()),
    )
    if seen.kind == "answer":
        return Observed("answer", written(seen.value), effects)
    if seen.kind == "ended":
        return Observed("ended", seen.message, effects)
    return Observed("raised", f"{seen.error}: {seen.message}"[:MOST_TEXT], effects)


def _did(seen: Seen) -> str:
    if seen.kind == "answer":
        return f"{written(seen.value)[:200]} is answered"
    return f"{seen.error} is raised" if seen.kind == "raised" else seen.message


def _changed(custom: Mapping[str, Any], generic: Mapping[str, Any], tolerance: Tolerance) -> str:
    for name in sorted(custom.keys() | generic.keys()):
        if name not in custom or name not in generic:
            changer, tree = ("custom", custom[name]) if name in custom else ("generic", generic[name])
            return f"only {changer} changes {name!r}, to {written(tree)[:200]}"
        if found := parts(custom[name], generic[name], tolerance):
            return f"[{name!r}]{found}" if found.startswith(("[", ".")) else f"[{name!r}]: {found}"
    return ""
