"""What differs between two plan revisions, line by line, each with what it means: pure, without a database."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from migrations_app.engine.options import OPTION_FIELDS
from migrations_app.engine.parameters import Field
from migrations_app.selectors.planned_targets import PlannedTarget
from migrations_app.selectors.plans import Change, FindingRow, RevisionView, StepRow

_WORDS = re.compile(r"\s+|[^\s]+")
_STEP_FIELDS = {
    "kind": "kind",
    "action": "action",
    "depends_on": "waits for",
    "reversible": "can be undone",
    "undo_title": "undo",
    "validation": "checks",
    "partitioned": "runs in parallel",
    "confirm": "asks first",
}


class Fate(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; `differs` where the other side says something else."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One difference. `before` and `after` are empty where there was or is nothing; `meaning` may be."""

    name: str
    fate: Fate
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    meaning: str = ""
    details: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """`same` counts what did not change. `signed`: the digest covers it."""

    title: str
    lines: tuple[Line, ...]
    same: int
    signed: bool = True


def sections_of(before: RevisionView, after: RevisionView, parameters: Sequence[Field] = ()) -> tuple[Section, ...]:
    """Steps, options, parameters, targets, the rest, and the risk; only those in which something differs.

    `parameters` are the handler's declared fields, for labels and help.
    """
    found = (
        _steps(before.steps, after.steps),
        _pairs("Options", dict(before.options), dict(after.options), {field.name: field for field in OPTION_FIELDS}),
        _pairs(
            "Parameters", dict(before.parameters), dict(after.parameters), {field.name: field for field in parameters}
        ),
        _targets(before, after),
        _pairs("Everything else that is signed", _rest(before), _rest(after), {}),
        _findings(before.findings, after.findings),
    )
    return tuple(section for section in found if section.lines)


def parts(before: str, after: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Both texts in pieces, word by word: what they share and what they do not."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    left: list[Part] = []
    right: list[Part] = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words, start, end in ((left, old, a, b), (right, new, c, d)):
            if start < end:
                side.append(Part("".join(words[start:end]), what != "equal"))
    return tuple(left), tuple(right)


def _line(name: str, before: str, after: str, meaning: str = "", details: tuple[Change, ...] = ()) -> Line:
    fate = Fate.ADDED if not before else Fate.REMOVED if not after else Fate.CHANGED
    left, right = parts(before, after)
    return Line(name, fate, left, right, meaning, details)


def _pairs(title: str, old: Mapping[str, str], new: Mapping[str, str], fields: Mapping[str, Field]) -> Section:
    names = list(dict.fromkeys([*old, *new]))
    lines = []
    for name in names:
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            field = fields.get(name)
            label = field.label if field else name.replace("_", " ").capitalize()
            unit = (field.unit or "") if field else ""
            lines.append(_line(label, measured(before, unit), measured(after, unit), field.help if field else ""))
    return Section(title, tuple(lines), len(names) - len(lines))


def measured(value: str, unit: str) -> str:
    """`3600000` in `ms` -> `3,600,000 ms (1 h)`: with its unit, and a long time as people say it."""
    if not value or not unit:
        return value
    if not value.isdigit():
        return f"{value} {unit}"
    number = int(value)
    seconds, long = {"ms": (number // 1000, 1), "s": (number, 60)}.get(unit, (0, 1))
    spoken = f" ({spoken_time(seconds)})" if seconds >= long else ""
    return f"{number:,} {unit}{spoken}"


def spoken_time(seconds: int) -> str:
    """`7276` -> `2 h 1 min`: the two largest units."""
    if seconds < 60:
        return f"{seconds} s"
    large, small, size = ("h", "min", 3600) if seconds >= 3600 else ("min", "s", 60)
    whole, rest = divmod(seconds, size)
    rest = rest // 60 if size == 3600 else rest
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


def _rest(revision: RevisionView) -> dict[str, str]:
    plan = revision.plan
    return {
        "environment": plan.environment,
        "type": str(plan.type).replace("_", " "),
        "handler": f"{plan.handler} {plan.handler_version}",
        "claims": ", ".join(f"{claim.name} {claim.mode}" for claim in revision.claims),
        "description": plan.description,
    }


def _targets(before: RevisionView, after: RevisionView) -> Section:
    old = {target.role: target for target in before.targets}
    new = {target.role: target for target in after.targets}
    lines = []
    roles = list(dict.fromkeys([*old, *new]))
    for role in roles:
        was, is_now = old.get(role), new.get(role)
        if was and is_now and (was.target_id, was.config_digest) == (is_now.target_id, is_now.config_digest):
            continue
        moved = was is None or is_now is None or was.target_id != is_now.target_id
        meaning = "Another store takes this place." if moved else "The same store, reached or laid out another way."
        lines.append(_line(role.capitalize(), _configured(was), _configured(is_now), meaning))
    return Section("Targets", tuple(lines), len(roles) - len(lines))


def _configured(target: PlannedTarget | None) -> str:
    return f"{target.name} · configuration {target.config_digest[:12]}" if target else ""


def _steps(before: Sequence[StepRow], after: Sequence[StepRow]) -> Section:
    """In the order of the newer plan, with the steps that are gone where they stood."""
    old, new = {step.id: step for step in before}, {step.id: step for step in after}
    lines = []
    for step_id in merged([step.id for step in before], [step.id for step in after]):
        was, is_now = old.get(step_id), new.get(step_id)
        if was and is_now:
            details = tuple(_step_changes(was, is_now))
            if details or was.title != is_now.title:
                lines.append(_line(f"Step {is_now.number}", was.title, is_now.title, _meaning(was, is_now), details))
        elif is_now:
            undo = f"Undo: {is_now.undo_title}." if is_now.reversible else "Nothing takes it back."
            lines.append(_line(f"Step {is_now.number}", "", is_now.title, f"New. {undo}"))
        elif was:
            lines.append(_line(f"Was step {was.number}", was.title, "", "No longer done."))
    return Section("Steps and their undo", tuple(lines), len(set(old) & set(new)) - _changed(lines))


def _changed(lines: Sequence[Line]) -> int:
    return sum(line.fate is Fate.CHANGED for line in lines)


def merged(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Every id once: those of `new` in order, those only in `old` at the place they had among them."""
    order: list[str] = []
    for _, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        order += [step for step in old[a:b] if step not in new]
        order += new[c:d]
    return order


def _step_changes(was: StepRow, is_now: StepRow) -> Iterator[Change]:
    for field, label in _STEP_FIELDS.items():
        old, new = getattr(was, field), getattr(is_now, field)
        if old != new:
            yield Change(label, _shown(old), _shown(new))
    before, after = dict(was.parameters), dict(is_now.parameters)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(name.replace("_", " "), before.get(name, ""), after.get(name, ""))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _meaning(was: StepRow, is_now: StepRow) -> str:
    if was.reversible != is_now.reversible:
        return "It can be undone now." if is_now.reversible else "It can no longer be undone."
    if was.action != is_now.action:
        return "It is done another way."
    if was.depends_on != is_now.depends_on:
        return "It waits for other steps."
    if bool(was.confirm) != bool(is_now.confirm):
        return "It asks a person first." if is_now.confirm else "It no longer asks a person first."
    return ""


def _findings(old: Sequence[FindingRow], new: Sequence[FindingRow]) -> Section:
    """By rule; a rule that found several things is held against itself in order."""
    was, is_now = _by_rule(old), _by_rule(new)
    lines = []
    for key in dict.fromkeys([*is_now, *was]):
        before, after = was.get(key), is_now.get(key)
        if before and after and (before.weight, before.evidence) == (after.weight, after.evidence):
            continue
        shift = (after.weight if after else 0) - (before.weight if before else 0)
        meaning = f"{'Raises' if shift > 0 else 'Lowers'} the risk by {abs(shift)}." if shift else "Weighs the same."
        title = after.title if after else before.title if before else ""
        lines.append(_line(title, _weighed(before), _weighed(after), meaning))
    kept = len(was.keys() & is_now.keys()) - _changed(lines)
    return Section("Findings of the risk", tuple(lines), kept, signed=False)


def _by_rule(findings: Sequence[FindingRow]) -> dict[tuple[str, int], FindingRow]:
    found: dict[tuple[str, int], FindingRow] = {}
    for finding in findings:
        number = sum(rule == finding.rule for rule, _ in found)
        found[finding.rule, number] = finding
    return found


def _weighed(finding: FindingRow | None) -> str:
    if finding is None:
        return ""
    sign = "−" if finding.weight < 0 else "+"
    return f"{sign}{abs(finding.weight)} · {finding.evidence}"
