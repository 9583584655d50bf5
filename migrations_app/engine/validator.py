"""Whether a spec and what was seen of its targets may become a plan (validation levels of DESIGN section 3).

`basic`: well-formed, reachable, permitted. `full`: and room enough, compatible, a sample goes through the codecs.
`strict`: and a run of the same procedure succeeded in the environment before, and the plan can be rehearsed; that a
rehearsal of it has succeeded is a condition of its start, for there has to be a plan first.

Conventions for `Analysis` that this module reads, each where a handler provides it: `error` in a state (that side
could not be looked at), `free_bytes` in the target's state with `sizes["bytes"]`, and `sample.unrepresentable`
(counts by reason) in the source's state.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.environment_facts import NOTHING_KNOWN, EarlierEnvironment, EnvironmentFacts
from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import HANDLER_API, Handler, Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import ValidationLevel


@dataclass(frozen=True, slots=True)
class ValidationRequirement:
    """One thing that is checked before or during a run; `step` is empty for what planning itself checked."""

    name: str
    description: str
    level: ValidationLevel
    step: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "level": str(self.level), "step": self.step}


_BY_LEVEL: Mapping[ValidationLevel, tuple[tuple[str, str], ...]] = {
    ValidationLevel.BASIC: (
        ("well_formed", "Every field is present and within its limits."),
        ("reachable", "Every target answers with the credentials it has."),
        ("permitted", "Every target belongs to the environment and is of a kind the role allows."),
    ),
    ValidationLevel.FULL: (
        ("capacity", "The target has room for what is moved."),
        ("compatibility", "The target can hold what the source holds."),
        ("round_trip", "A sample goes through the codecs in memory and comes out the same."),
    ),
    ValidationLevel.STRICT: (
        ("proven", "A run of the same procedure succeeded in the environment before this one."),
        ("rehearsed", "A rehearsal of this very plan succeeded before it starts."),
    ),
}
_LEVELS = tuple(ValidationLevel)


def requirements(level: ValidationLevel, steps: Sequence[Step]) -> tuple[ValidationRequirement, ...]:
    """Everything that is checked at this level, and what each step checks of its own effect."""
    included = _LEVELS[: _LEVELS.index(level) + 1]
    planning = [ValidationRequirement(name, text, each) for each in included for name, text in _BY_LEVEL[each]]
    own = [ValidationRequirement(f"{s.id}.effect", s.validation, level, s.id) for s in steps if s.validation]
    return (*planning, *own)


def check_spec(spec: Spec, handler: Handler) -> list[Problem]:
    """Well-formed and permitted, before anything is looked at."""
    problems = [*_handler(spec, handler), *_roles(spec, handler)]
    problems += parse(handler.parameters, spec.parameters, path="parameters")[1]
    return problems


def check_analysis(
    spec: Spec,
    analysis: Analysis,
    known: Sequence[Problem] = (),
    facts: EnvironmentFacts = NOTHING_KNOWN,
    why_no_rehearsal: str = "",
) -> list[Problem]:
    """What the analysis shows at the spec's level; a field the handler has named in `known` is not named again.

    `facts` say what has run in the environment before; there is none before the first. `why_no_rehearsal`: '' where
    the plan can be rehearsed.
    """
    level = ValidationLevel(spec.options.get("validation_level", ValidationLevel.FULL))
    found = [*_reachable(spec, analysis)]
    if level is not ValidationLevel.BASIC:
        found += [*_capacity(spec, analysis), *_round_trip(spec, analysis)]
    if level is ValidationLevel.STRICT:
        found += [*_proven(facts.earlier), *_rehearsable(why_no_rehearsal)]
    named = {problem.field for problem in known}
    return [problem for problem in found if problem.field not in named]


def _handler(spec: Spec, handler: Handler) -> Iterator[Problem]:
    if handler.api_version != HANDLER_API:
        yield Problem(
            "handler",
            f"The handler “{handler.name}” is written for handler API {handler.api_version}, this is {HANDLER_API}.",
            "Install a version of the handler that fits.",
            "handler_api",
        )
    if spec.type is not handler.type or spec.handler != handler.name:
        fix = f"Choose the type {handler.type}."
        yield Problem("type", f"The handler “{handler.name}” does {handler.type}, not {spec.type}.", fix, "wrong_type")


def _roles(spec: Spec, handler: Handler) -> Iterator[Problem]:
    for role in handler.roles:
        target = spec.targets.get(role.name)
        if target is None:
            if role.required:
                yield Problem(f"targets.{role.name}", f"{role.label} is missing.", "Choose a target.", "required")
            continue
        if target.kind not in role.kinds:
            kinds = " or ".join(kind.replace("_", " ") for kind in role.kinds)
            message = f"“{target.name}” is a {target.kind.replace('_', ' ')}, but {role.label} has to be a {kinds}."
            yield Problem(f"targets.{role.name}", message, "Choose another target.", "wrong_kind")
        if target.environment != spec.environment:
            message = f"“{target.name}” belongs to {target.environment}, not to {spec.environment}."
            yield Problem(f"targets.{role.name}", message, "Choose a target there.", "wrong_environment")
    known = [role.name for role in handler.roles]
    for name in spec.targets:
        if name not in known:
            fix = f"Roles here: {', '.join(known)}."
            yield Problem(f"targets.{name}", f"There is no role “{name}” in this migration.", fix, "unknown_field")


def _reachable(spec: Spec, analysis: Analysis) -> Iterator[Problem]:
    for role, state in (("source", analysis.source_state), ("target", analysis.target_state)):
        if role in spec.targets and state.get("error"):
            error = state["error"]
            text = error.get("message", "") if isinstance(error, Mapping) else str(error)
            message = f"“{spec.targets[role].name}” could not be looked at: {text}"
            yield Problem(f"targets.{role}", message, "Test the target's connection.", "unreachable")


def _capacity(spec: Spec, analysis: Analysis) -> Iterator[Problem]:
    free, needed = analysis.target_state.get("free_bytes"), analysis.sizes.get("bytes", 0)
    if free is not None and free < needed:
        message = f"The target has {free} bytes free; about {needed} are needed."
        yield Problem("targets.target", message, "Give the target more room.", "no_room")


def _round_trip(spec: Spec, analysis: Analysis) -> Iterator[Problem]:
    sample = analysis.source_state.get("sample") or {}
    for reason, count in sorted((sample.get("unrepresentable") or {}).items()):
        message = f"{count} of the sampled records cannot be held by the target: {reason}."
        yield Problem("targets.target", message, "Choose another layout or codec.", "not_representable")


def _proven(earlier: EarlierEnvironment | None) -> Iterator[Problem]:
    if earlier is not None and not earlier.successes:
        yield Problem(
            "options.validation_level",
            f"Level “strict” asks for a run of this procedure in {earlier.name} that succeeded; none has and stands.",
            f"Run it in {earlier.name} and promote that migration, or choose “full”.",
            "not_proven",
        )


def _rehearsable(why_not: str) -> Iterator[Problem]:
    if why_not:
        yield Problem(
            "options.validation_level",
            f"Level “strict” asks for a rehearsal. {why_not}",
            "Choose “full”, or ask an admin to lower the policy to “full”.",
            "cannot_rehearse",
        )
